"""The plan of a Vivado build: Tcl, RTL and memory images, and the command of each step. Nothing is run."""

from __future__ import annotations

from pathlib import Path

from toolkit.boards import Board
from toolkit.core.artifact import Name
from toolkit.core.contained import require_contained
from toolkit.core.errors import BadOption
from toolkit.core.templates import render
from toolkit.families.block_design import BlockDesign
from toolkit.families.toolchain import DesignSources
from toolkit.families.vivado import MINIMUM, VARIABLE, VivadoToolchain
from toolkit.implement.plan import DONE, LOGS, RESULTS, Plan, PlanStep
from toolkit.implement.vivado.overlay import Overlay

DESIGN: Name = "overlay"
"""Name of the block design, of the project and of its top module."""
BITSTREAM, HANDOFF = f"{RESULTS}/{DESIGN}.bit", f"{RESULTS}/{DESIGN}.hwh"
UTILISATION, TIMING, POWER = (f"{RESULTS}/{name}.rpt" for name in ("utilization", "timing", "power"))
_AS_VERIFIED = ("FINN_SIMULATION",)
"""Arithmetic as it was simulated: FINN+'s RTL describes what its DSP blocks would compute."""
_TEMPLATES = Path(__file__).parent / "tcl"
_STEPS = {
    "project": (),
    "synthesis": (),
    "implementation": (),
    "reports": (UTILISATION, TIMING, POWER, HANDOFF),
    "bitstream": (BITSTREAM,),
}
_INCLUDED = ("common", "block_design", "memories")


def plan_build(
    design: DesignSources, blocks: BlockDesign, board: Board, mhz: float, *, dsp_primitives: bool = False
) -> Plan:
    """Plan the build of a design.

    Args:
        design: RTL, whose top module is a cell of ``blocks``.
        blocks: what the link brings to the block design.
        board: board, whose tools are Vivado.
        mhz: clock of the design.
        dsp_primitives: whether products are made of DSP blocks by name, as FINN+ does; never simulated here.

    Raises:
        BadOption: the board's tools are others, or there are too many streams.
        ForeignCode: a source reaches outside the design.
    """
    toolchain = board.toolchain
    if not isinstance(toolchain, VivadoToolchain):
        raise BadOption(f"tools of {board.name}", expected="vivado", found=board.tools)
    require_contained(design.path / name for name in design.sources)
    overlay = Overlay(toolchain.system, board.table.processing_system, mhz, blocks)
    variables = {
        "board": board.name,
        "part": board.part,
        "design": DESIGN,
        "project": "project",
        "minimum": MINIMUM,
        "defines": () if dsp_primitives else _AS_VERIFIED,
        "sources": design.sources,
        "memories": design.data,
        "blocks": blocks,
        "done": DONE,
        "logs": LOGS,
        "results": RESULTS,
        "reports": {"utilization": UTILISATION, "timing": TIMING, "power": POWER},
        "handoff": HANDOFF,
        "bitstream": BITSTREAM,
        **overlay.variables,
    }
    scripts = {
        f"{name}.tcl": render(_TEMPLATES / f"{name}.tcl.j2", **variables).encode()
        for name in (*_STEPS, *_INCLUDED)
    }
    rtl = {name: (design.path / name).read_bytes() for name in (*design.sources, *design.data)}
    batch = ("-mode", "batch", "-nojournal", "-nolog", "-notrace", "-source")
    steps = tuple(
        PlanStep(name=name, arguments=(*batch, f"{name}.tcl"), results=results)
        for name, results in _STEPS.items()
    )
    return Plan.of(
        {**scripts, **rtl},
        steps,
        tool="vivado",
        variable=VARIABLE,
        board=board.name,
        part=board.part,
        clock_mhz=mhz,
        system=design.digest,
    )
