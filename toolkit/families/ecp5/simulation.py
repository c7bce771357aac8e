"""The placed netlist as Verilog, and models of its cells, for simulation.

Models of cells come from Yosys' ``share/ecp5/cells_sim.v``, which pip's Yosys includes. Cells that are black
boxes there, and a LUT that simulates faster, are in ``cells/``.
"""

from __future__ import annotations

from pathlib import Path

from toolkit.core.process import Command
from toolkit.core.tools import Tool, yosys_share
from toolkit.families.ecp5.plan import NETLIST
from toolkit.families.toolchain import CellModels

CELLS = Path(__file__).parent / "cells"
PLL = CELLS / "EHXPLLL.sv"
SIMULATED = "simulated.v"


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


def cell_models(share: Path | None = None) -> CellModels:
    """Return the models of all cells.

    Args:
        share: Yosys' data folder (``yosys-config --datdir``); None: that of pip's Yosys.

    Raises:
        ToolMissing: pip's Yosys is not installed.
    """
    cells = (share or yosys_share()) / "ecp5"
    # Ours come first, since Verilator takes the first of two modules of one name.
    return CellModels((*sorted(CELLS.glob("*.sv")), cells / "cells_sim.v"), (cells,))
