"""Models of a netlist's cells, for simulation.

Models of cells come from Yosys' ``share/ecp5/cells_sim.v``, which pip's Yosys includes. Cells that are black
boxes there, and a LUT that simulates faster, are in ``cells/``.
"""

from __future__ import annotations

from pathlib import Path

from toolkit.core.tools import yosys_share
from toolkit.families.toolchain import CellModels

CELLS = Path(__file__).parent / "cells"
PLL = CELLS / "EHXPLLL.sv"


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
