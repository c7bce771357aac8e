"""Writes the system of a network for a board: its stages, link and clock on one chip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import TemplateNotFound

from toolkit import rtl
from toolkit.boards import Board
from toolkit.chip.system import System
from toolkit.compile.segment import digest_files
from toolkit.compose import Accelerator
from toolkit.compose.accelerator import MAP, OUTPUT
from toolkit.compose.path import copy_files
from toolkit.core.errors import ArtifactError, BadOption
from toolkit.core.stream import connect
from toolkit.core.templates import render
from toolkit.families.toolchain import SystemClock
from toolkit.links import chip_side
from toolkit.runtime.simulated import stages_digest

TOP = "offramp_top"
LEDS = 8
"""Largest number of light-emitting diodes used."""


def build_system(
    accelerators: Sequence[Accelerator],
    board: Board,
    clock: SystemClock,
    out: Path,
    *,
    slots: int | None = None,
) -> System:
    """Write the system.

    Args:
        accelerators: stage accelerators in order; all but the last have a feature map.
        board: board, which must be a target unless its link is hosted.
        clock: clock; of a target, one of :func:`toolkit.implement.clocks.offered`.
        out: new folder for the system.
        slots: number of frames whose feature maps the chip holds; None: the link's default.

    Returns:
        The system. Its folder also has the files that the link writes for the host.

    Raises:
        ArtifactError: the stages do not fit each other, or come from two compilations.
        BadOption: the link cannot carry so many slots or stages or such large images, or needs what the chip
            does not have, or the board is no target.
    """
    link = chip_side(board)
    folders = () if link.hosted else (*link.templates, board.toolchain.folder, Path(__file__).parent)
    _check(accelerators)
    if link.beside:
        _require_processor(board)
    slots = link.slots if slots is None else slots
    brought = link.top(accelerators, clock, slots)
    blocks = link.blocks if link.hosted else (*link.blocks, rtl.block("map_buffer"))
    sources, data = copy_files(accelerators, out, blocks, generated=link.generated)
    variables = {
        **{name.lower(): value for name, value in brought.parameters.items()},
        **brought.variables,
        **_shared(accelerators),
        **({} if link.hosted else _of_board(accelerators, board, slots)),
        "clock": clock,
    }
    top = f"rtl/{TOP}{Path(link.template.removesuffix('.j2')).suffix}"
    # The template of a whole chip includes the family's clock and the templates of this package.
    try:
        text = render(link.folder / link.template, *folders, **variables)
    except TemplateNotFound as missing:  # such as the clock of a chip for which others make it
        expected, fix = "one that its chip has", f"The family has no {missing.name}."
        raise BadOption(f"link of {board.name}", expected=expected, found=board.link, fix=fix) from missing
    (out / top).write_text(text)
    sources = (*sources, top)
    system = System(
        path=out,
        top=TOP,
        sources=sources,
        data=data,
        design_digest=stages_digest(accelerators),
        digest=digest_files(out, (*sources, *data), board.name),
        board=board.name,
        clock_mhz=clock.mhz,
        parameters=brought.parameters,
        host_files=link.describe(accelerators, out),
    )
    system.save(out)
    return system


def _shared(accelerators: Sequence[Accelerator]) -> dict[str, Any]:
    """Return the variables of every top module."""
    stages = [
        {
            "name": one.name,
            "input": one.nodes[0].input,
            "output": one.outputs[OUTPUT],
            "map": one.outputs.get(MAP),
        }
        for one in accelerators
    ]
    return {"stages": stages}


def _of_board(accelerators: Sequence[Accelerator], board: Board, slots: int | None) -> dict[str, Any]:
    """Return the variables of a top module that is the whole chip."""
    widths = board.table.widths
    return {
        "reset": board.table.reset_active,
        "direct": board.table.direct,
        "leds": min(widths.get("led", 0), LEDS),
        "rgb": "rgb" in widths,
        "dark": board.table.lights_active == "low",
        "high": widths.get("high", 0),
        "slots": slots,
        "in_bytes": accelerators[0].nodes[0].input.tdata_bits // 8,
        "out_width": max(one.outputs[OUTPUT].tdata_bits for one in accelerators),
    }


def _require_processor(board: Board) -> None:
    if not board.table.has_processor:
        expected = "one that its chip has"
        fix = f"With these tools, {board.part} has no processor to be its host."
        raise BadOption(f"link of {board.name}", expected=expected, found=board.link, fix=fix)
    if board.table.reset_active is not None:
        fix = "It would leave an access of the processor without an answer: remove it from the board's file."
        raise BadOption(f"reset button of {board.name}", expected="none", found="one", fix=fix)


def _check(accelerators: Sequence[Accelerator]) -> None:
    if not accelerators:
        raise ArtifactError("a system needs stage accelerators", found="none")
    for one, following in zip(accelerators, (*accelerators[1:], None), strict=True):
        given, taken = one.outputs.get(MAP), following.input if following else None
        what, fix = f"feature map of {one.name}", "Take all stages from one run."
        if given is not None and taken is not None:
            connect(given, taken, what, converted=True, fix=fix)
        elif given is not taken:
            raise ArtifactError(what, expected=taken or "none", found=given or "none", fix=fix)
