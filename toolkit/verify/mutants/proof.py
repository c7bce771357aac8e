"""Proves that a mutant changes nothing, by Yosys' equivalence checking on the netlist."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.core import tools
from toolkit.core.env import settings
from toolkit.core.errors import ToolFailed
from toolkit.core.process import Command, Running, execute, side_by_side
from toolkit.verify.mutants.netlist import ARGUMENT, STATE, Netlist

PROOF = "every register, queue and output gets the same from any state (Yosys equiv_simple)"


def proofs(netlist: Netlist, numbers: Sequence[int]) -> list[str]:
    """Return the proof of each mutant, given by its number from 1; empty without one.

    The state before a clock edge is taken as equal, and everything behind it must be equal as well: what
    registers hold next, what queues get and what outputs show, for every state and every input.

    Raises:
        ToolMissing: Yosys is not installed.
    """
    return side_by_side(lambda number: _proof(netlist, number), numbers, settings().jobs, Running())


def _proof(netlist: Netlist, number: int) -> str:
    top, script = netlist.design.top, f"proof{number}.ys"
    text = f"""\
read_rtlil {STATE}
copy {top} gold
copy {top} gate
cd gold
connect -set {ARGUMENT} 16'd0
delete -input w:{ARGUMENT}
cd gate
connect -set {ARGUMENT} 16'd{number}
delete -input w:{ARGUMENT}
cd
delete {top}
setattr -mod -unset top gold gate
opt_expr gold gate
opt_clean gold gate
memory_map gold gate
equiv_make -inames gold gate equiv
hierarchy -top equiv
opt_clean
equiv_struct -icells
equiv_simple
equiv_status -assert
"""
    command = Command(
        f"proof of mutant {number} of {top}", tools.yosys(), ("-q", "-s", script), texts={script: text}
    )
    try:
        execute(command, netlist.folder)
    except ToolFailed:
        return ""
    return PROOF
