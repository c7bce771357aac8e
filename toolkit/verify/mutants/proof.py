"""Proves that a mutant changes nothing, with the model checkers in Yosys' ABC.

The layer with the fault stands beside the layer as it is. Both get the same: from the queues around them any
words in any rhythm that a queue can have, a reset at the beginning, and others at any time. What they give to
the queues is compared in every cycle, without a bound on time. Registers that no reset sets begin at 0.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.core import tools
from toolkit.core.env import settings
from toolkit.core.errors import ToolFailed
from toolkit.core.process import Command, Running, execute, side_by_side
from toolkit.verify.mutants.netlist import ARGUMENT, ARGUMENT_BITS, PORT, QUEUE, STATE, Netlist

MERGED = "the same in every cycle, by induction over equal signals (ABC lcorr, &scorr, scorr)"
_DEEPER = "the same in every cycle, by induction over eight cycles of equal signals (ABC scorr -F 8)"
_INVARIANT = "the same in every cycle, by an inductive invariant (ABC pdr)"
_REACHED = "the same in every state that can be reached (ABC gla and reach)"
_MERGE = (
    # Registers first: what both layers have in common is gone then, and the rest is small.
    *("scleanup", "lcorr", "scleanup"),
    *("&get", "&scorr", "&dc2", "&scorr", "&put", "scleanup", "dc2", "scorr", "dc2"),
)
_MERGE_DEEPER = ("scorr,-F,8,-C,100000", "dc2")
"""In an induction over one cycle the registers of a pipeline may hold anything; eight cycles fill it."""
_DEEPER_S = 240.0
"""Seconds for it: ABC itself knows no limit there."""
_CHECKERS = (
    (_INVARIANT, ("pdr,-T,240",)),
    (_INVARIANT, ("pdr,-t,-T,240",)),
    (_REACHED, ("&get", "&gla,-T,240", "&gla_derive", "&put", "scleanup", "scorr", "dc2", "reach,-T,240")),
)
"""What is tried in turn, and the proof that it gives. Which one is fast depends on the layer."""
_NEVER, _DIFFERS = "snl_UNSAT", "snl_SAT"
"""How a status of ABC begins."""
_GATE = "gate.v"
_COMPARISON = Path(__file__).with_suffix(".sv")


def proofs(netlist: Netlist, numbers: Sequence[int]) -> list[str]:
    """Return the proof of each mutant, given by its number from 1; empty without one, or if ABC breaks off.

    Raises:
        ToolMissing: Yosys is not installed.
        ToolFailed: Yosys cannot compare the layers.
    """
    for source in (QUEUE, _COMPARISON):
        shutil.copyfile(source, netlist.folder / source.name)
    (netlist.folder / _GATE).write_text("module gate(input a, b, output y); assign y = a & b; endmodule\n")
    return side_by_side(lambda number: _Proof(netlist, number).run(), numbers, settings().jobs, Running())


@dataclass(frozen=True)
class _Proof:
    """The comparison of one mutant, in files of its own."""

    netlist: Netlist
    number: int

    def run(self) -> str:
        both, merged, deeper = (self._file(f"{name}aig") for name in ("", "merged.", "deeper."))
        self._execute(self._compared(both), both)
        if self._merged(both, _MERGE, merged):
            return MERGED
        try:
            if self._merged(merged, _MERGE_DEEPER, deeper, _DEEPER_S):
                return _DEEPER
        except ToolFailed:  # out of time, stack or memory, which the circuit is too large for
            deeper = merged
        for turn, (proof, checker) in enumerate(_CHECKERS):
            status = self._file(f"{turn}.txt")
            try:
                self._execute(_in_abc(deeper, (*checker, f"write_status,{status}")), status)
            except ToolFailed:  # no proof, as above
                continue
            said = (self.netlist.folder / status).read_text()
            if said.startswith(_NEVER):
                return proof
            if said.startswith(_DIFFERS):
                break
        return ""

    def _merged(self, file: str, steps: Sequence[str], result: str, timeout_s: float | None = None) -> bool:
        """Merge equal signals of a circuit; return whether nothing is left of it."""
        self._execute(_in_abc(file, (*steps, f"write_aiger,{result}")), result, timeout_s)
        return _is_never(self.netlist.folder / result)

    def _file(self, ending: str) -> str:
        return f"proof{self.number}.{ending}"

    def _execute(self, text: str, result: str, timeout_s: float | None = None) -> None:
        script = self._file("ys")
        name = f"proof of mutant {self.number} of {self.netlist.design.top}"
        command = Command(name, tools.yosys(), ("-q", "-s", script), (result,), texts={script: text})
        execute(command, self.netlist.folder, timeout_s=timeout_s)

    def _compared(self, file: str) -> str:
        """Return the script that writes both layers and their comparison."""
        top, cell = self.netlist.design.top, self.netlist.cells[self.number - 1]
        chosen = "".join(
            f"cd {name}\nconnect -set {ARGUMENT} {ARGUMENT_BITS}'d{number}\ndelete -input w:{ARGUMENT}\ncd\n"
            for name, number in (("gold", 0), ("gate", self.number))
        )
        # Of all that goes into queues, only what the fault can change is kept, so the other layers vanish.
        return f"""\
read_rtlil {STATE}
select -assert-min 1 {top}/c:{cell}
delete =offramp_fifo
read_verilog -sv -D{PORT}=WIDTH {QUEUE.name}
hierarchy -top {top}
proc
flatten
opt_clean
expose -evert {top}/t:offramp_end
delete -output {top}/o:* {top}/c:{cell} %co* %d
clean -purge
setattr -unset init {top}/w:*
memory_map {top}
copy {top} gold
copy {top} gate
{chosen}delete {top}
setattr -mod -unset top gold gate
opt -full
clean -purge
miter -equiv -flatten gold gate miter
read_verilog -sv {_COMPARISON.name}
hierarchy -top offramp_compared
proc
flatten
opt -fast
setundef -undriven -anyseq
setundef -init -zero
techmap
opt -fast
dffunmap
simplemap
opt_clean
setundef -undriven -zero
aigmap
write_aiger -zinit {file}
"""


def _in_abc(file: str, steps: Sequence[str]) -> str:
    """Return the script that runs steps of ABC on a circuit."""
    # ABC is a step of a synthesis here, so it is given a gate to work on, which it sets aside.
    words = ("strash", "backup", f"read_aiger,{file}", *steps, "restore")
    return f"read_verilog {_GATE}\nsimplemap\nabc -script +{';'.join(words)}\n"


def _is_never(file: Path) -> bool:
    """Whether a circuit in AIGER format is the constant 0: it has neither registers nor gates."""
    header, output = file.read_bytes().split(b"\n", 2)[:2]
    _, _, _, latches, _, gates = header.split()
    return (latches, gates, output) == (b"0", b"0", b"0")
