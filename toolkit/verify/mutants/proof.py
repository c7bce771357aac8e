"""Proves that a mutant changes nothing, with the model checkers in Yosys' ABC.

The layer with the fault stands beside the layer as it is. Both get the same: from the queues around them any
words in any rhythm that a queue can have, and a reset at the beginning. What they give to the queues is
compared in every cycle, without a bound on time. Registers without a reset begin at 0, as a bitstream sets
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.core import tools
from toolkit.core.env import settings
from toolkit.core.errors import ToolFailed
from toolkit.core.process import Command, Running, execute, side_by_side
from toolkit.verify.mutants.netlist import ARGUMENT, ARGUMENT_BITS, STATE, Netlist

MERGED = "the same in every cycle, by induction over equal signals (ABC scorr)"
REACHED = "the same in every state that can be reached (ABC reach)"
_SECONDS = 120
_GATE = "gate.v"
_SURROUNDINGS = Path(__file__).with_suffix(".sv")


def proofs(netlist: Netlist, numbers: Sequence[int]) -> list[str]:
    """Return the proof of each mutant, given by its number from 1; empty without one.

    Raises:
        ToolMissing: Yosys is not installed.
    """
    return side_by_side(lambda number: _Proof(netlist, number).run(), numbers, settings().jobs, Running())


@dataclass(frozen=True)
class _Proof:
    """The comparison of one mutant, in files of its own."""

    netlist: Netlist
    number: int

    def run(self) -> str:
        name = f"proof{self.number}"
        both, merged, status = f"{name}.aig", f"{name}-merged.aig", f"{name}.txt"
        command = Command(
            f"proof of mutant {self.number} of {self.netlist.design.top}",
            tools.yosys(),
            ("-q", "-s", f"{name}.ys"),
            (merged, status),
            texts={
                f"{name}.ys": self._compared(both) + self._checked(both, merged, status),
                _SURROUNDINGS.name: _SURROUNDINGS.read_text(),
                _GATE: "module gate(input a, b, output y); assign y = a & b; endmodule\n",
            },
        )
        folder = self.netlist.folder
        try:
            execute(command, folder)
        except ToolFailed:
            return ""
        if _is_never(folder / merged):
            return MERGED
        return REACHED if (folder / status).read_text().startswith("snl_UNSAT") else ""

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
delete =offramp_fifo
read_verilog -sv {_SURROUNDINGS.name}
hierarchy -top {top}
proc
flatten
opt_clean
expose -evert {top}/t:offramp_end
delete -output {top}/o:* {top}/c:{cell} %co* %d
clean -purge
memory_map {top}
copy {top} gold
copy {top} gate
{chosen}delete {top}
setattr -mod -unset top gold gate
opt -full
clean -purge
miter -equiv -flatten gold gate miter
read_verilog -sv -overwrite {_SURROUNDINGS.name}
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

    @staticmethod
    def _checked(both: str, merged: str, status: str) -> str:
        """Return the script that decides whether the two ever differ."""
        steps = (
            *("strash", "backup", f"read_aiger,{both}", "scleanup", "scorr", "dc2", "scorr", "dc2"),
            *(f"write_aiger,{merged}", f"reach,-T,{_SECONDS}", f"write_status,{status}", "restore"),
        )
        # ABC is a step of a synthesis here, so it is given a gate to work on.
        return f"""\
design -reset
read_verilog {_GATE}
simplemap
abc -script +{";".join(steps)}
"""


def _is_never(file: Path) -> bool:
    """Whether a circuit in AIGER format is the constant 0: it has neither registers nor gates."""
    header, output = file.read_bytes().split(b"\n", 2)[:2]
    _, _, _, latches, _, gates = header.split()
    return (latches, gates, output) == (b"0", b"0", b"0")
