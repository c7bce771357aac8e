"""Faults in the RTL, made by Yosys' ``mutate``: a bit of an operator or a wire inverted, stuck or swapped.

All of them are in one netlist, and an argument of the simulation chooses one: no compilation per mutant.
Queues stay what they are, so that the netlist can be cut at them. Bits of registers that nothing reads are
removed first, since a fault in them changes nothing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from toolkit.compose import Accelerator
from toolkit.core import tools
from toolkit.core.process import Command, execute
from toolkit.sim import RtlDesign
from toolkit.sim.slang import copy_design, read_design

ARGUMENT = "offramp_mutant"
STATE = "mutated.il"
"""File with the same netlist in Yosys' own format."""
ARGUMENT_BITS = 16
QUEUE = Path(__file__).with_name("queue.sv")
PORT = "OFFRAMP_PORT"
"""Macro with the width of its ports."""
_SCRIPT, _LIST, _NETLIST = "mutate.ys", "mutants.ys", "mutated.v"


@dataclass(frozen=True)
class Netlist:
    """The netlist of an accelerator with all its mutants.

    Attributes:
        design: design for a simulation that is cut at the queues; ``+offramp_mutant=N`` chooses mutant N.
        wheres: place and change of every mutant.
        cells: name of the cell that every mutant changes.
        folder: folder of the netlist, for :mod:`toolkit.verify.mutants.proof`.
    """

    design: RtlDesign
    wheres: tuple[str, ...]
    cells: tuple[str, ...]
    folder: Path


def mutated(accelerator: Accelerator, count: int, seed: int, folder: Path) -> Netlist:
    """Make the netlist in ``folder``.

    Raises:
        ForeignCode: a source reaches outside the design.
        ToolMissing: Yosys is not installed.
        ToolFailed: Yosys refuses the design.
    """
    design = accelerator.design()
    queue = next(source for source in design.sources if source.name == "offramp_fifo.sv")
    # All black boxes of a module share the ports of one, so those are as wide as the widest queue.
    boxed = replace(
        design,
        sources=tuple(QUEUE if source == queue else source for source in design.sources),
        defines={**design.defines, PORT: str(max(stream.width for stream in accelerator.queues))},
    )
    copy_design(boxed, folder)
    chosen = f"{ARGUMENT} {ARGUMENT_BITS} 1"
    script = f"""\
{read_design(boxed, "--blackboxed-module offramp_fifo")}\
wreduce
setundef -zero
simplemap t:$*dff*
opt -full
opt_clean
mutate -list {count} -seed {seed} -ctrl {chosen} -o {_LIST} t:* t:$mem* %d t:offramp_fifo %d
script {_LIST}
write_rtlil {STATE}
write_verilog -noattr {_NETLIST}
"""
    command = Command(
        f"mutants of {design.top}",
        tools.yosys(),
        ("-q", "-s", _SCRIPT),
        (_NETLIST, STATE),
        texts={_SCRIPT: script},
    )
    execute(command, folder)
    file = folder / _NETLIST
    file.write_text(_chosen_at_start(file.read_text()))
    mutants = [dict(itertools.pairwise(line.split())) for line in (folder / _LIST).read_text().splitlines()]
    wheres, cells = tuple(map(_where, mutants)), tuple(words["-cell"] for words in mutants)
    return Netlist(replace(design, sources=(queue, file)), wheres, cells, folder)


def _chosen_at_start(text: str) -> str:
    """Turn the port that chooses the mutant into an argument."""
    text = text.replace(f", {ARGUMENT});", ");", 1)
    bits = f"[{ARGUMENT_BITS - 1}:0] {ARGUMENT};"
    chosen = f'reg {bits}\n  initial if (!$value$plusargs("{ARGUMENT}=%d", {ARGUMENT})) {ARGUMENT} = 0;'
    return text.replace(f"input {bits}\n  wire {bits}", chosen)


def _where(words: Mapping[str, str]) -> str:
    source = re.sub(r"^\d+_", "", words.get("-src", "").split("|")[0])
    wire = f"{words['-wire']}[{words['-wirebit']}], " if "-wire" in words else ""
    other = f" by bit {words['-ctrlbit']}" if "-ctrlbit" in words else ""
    return f"{wire}{words['-port']}[{words['-portbit']}] {words['-mode']}{other}, {source}".strip(", ")
