"""Models of a 7-series netlist's cells, for simulation.

Models come from Yosys' ``share/xilinx/cells_sim.v``, which pip's Yosys includes. Cells that are black boxes
there, and look-up tables that simulate faster, are in ``cells/``.
"""

from __future__ import annotations

from pathlib import Path

from toolkit.core.tools import yosys_share
from toolkit.families.toolchain import CellModels

CELLS = Path(__file__).parent / "cells"
OF_RTL = tuple(CELLS / f"{name}.sv" for name in ("BUFG", "PLLE2_ADV", "PS7"))
"""Models of the cells that RTL names: those of the clock generator, and the processor."""


def cell_models(share: Path | None = None) -> CellModels:
    """Return the models of all cells.

    Args:
        share: Yosys' data folder (``yosys-config --datdir``); None: that of pip's Yosys.

    Raises:
        ToolMissing: pip's Yosys is not installed.
    """
    cells = (share or yosys_share()) / "xilinx"
    # Ours come first, since Verilator takes the first of two modules of one name.
    return CellModels((*sorted(CELLS.glob("*.sv")), cells / "cells_sim.v"))
