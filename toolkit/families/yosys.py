"""What every family asks of Yosys: statistics of a netlist, and the netlist as Verilog."""

from __future__ import annotations

from pathlib import Path

from toolkit.core.errors import ArtifactError
from toolkit.core.paths import is_file
from toolkit.core.process import Command
from toolkit.core.reading import read_json
from toolkit.core.tools import Tool

NETLIST, SIMULATED = "netlist.json", "simulated.v"
"""Files of a netlist: as Yosys writes it for place and route, and as Verilog for simulation."""
SCRIPT = "synthesis.ys"
"""File with the commands that make one."""
STAT = "stat.json"
"""File with the cell counts of a synthesis, from ``stat -json``."""


APART = "w:*near_* %ci:+[Q] w:* %d"
"""Registers named ``near_...`` are copies placed beside their loads; Yosys would merge equal ones."""


class Latches:
    """A list of a design's latches, which no design may have.

    Attributes:
        FILE: file with their names.
        SCRIPT: commands of Yosys that write it, and fail if there are any.
    """

    FILE = "latches.txt"
    _KINDS = "t:$dlatch t:$adlatch t:$dlatchsr"
    SCRIPT = f"tee -q -o {FILE} select -list {_KINDS}\nselect -assert-none {_KINDS}"

    @classmethod
    def found(cls, folder: Path) -> list[str]:
        """Return the latches that made a synthesis in ``folder`` fail."""
        file = folder / cls.FILE
        return file.read_text().split() if is_file(file) else []


def cells(folder: Path) -> dict[str, int]:
    """Return the number of cells of each type in the netlist in ``folder``.

    Raises:
        ArtifactError: the file is damaged, or there are no cells.
    """
    found: dict[str, int] = read_json(folder / STAT).get("design", {}).get("num_cells_by_type", {})
    if not found:
        raise ArtifactError(f"netlist of {folder / STAT}", expected="cells", found="none")
    return found


def verilog(tool: Tool) -> Command:
    """Return the conversion of the netlist that is placed to Verilog; ``tool`` is Yosys.

    Cells, parameters and connections stay. Internal wires are split into single bits with short names, which
    halves the time of Verilator and the compiler.
    """
    script = (
        f"read_json {NETLIST}; splitnets; select -set ports i:* o:* %u; rename -hide w:* @ports %d; "
        f"write_verilog -noattr {SIMULATED}"
    )
    return Command("netlist for simulation", tool, ("-q", "-p", script), (SIMULATED,), inputs=(NETLIST,))
