"""The segments as RTL, folded for a number of cycles per frame, or for the chip that they must fit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolkit.flow.request import DEFAULT_CYCLES
from toolkit.flow.stage import Context, Stage

if TYPE_CHECKING:
    from toolkit.compile.menu import Folding, Unit
    from toolkit.export import Graph


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.compile import compile_segments
    from toolkit.env import settings
    from toolkit.export import ExitGraphs

    graphs = list(ExitGraphs.load(context.input("export")).segments.values())
    done: list[str] = []

    def progress(name: str) -> None:
        context.progress(f"compile {name}", len(done), len(graphs))
        done.append(name)

    segments = compile_segments(
        graphs, _folding(context, graphs), context.out, cache_dir=settings().cache_dir, progress=progress
    )
    slowest = max(segments.values(), key=lambda segment: segment.cycles)
    return {
        "says": f"{len(segments)} segments, at most {slowest.cycles:,} cycles per frame ({slowest.name})",
        "segments": {name: {"cycles": s.cycles, "resources": s.resources} for name, s in segments.items()},
    }


def _folding(context: Context, graphs: list[Graph]) -> int | Mapping[str, Folding]:
    request = context.request
    if request.open_flow is None:
        return request.cycles or DEFAULT_CYCLES
    from toolkit.boards import board
    from toolkit.compile.pipeline import segment_menu
    from toolkit.explore.chip import fold_chip

    on, menus = board(request.target), {}
    for index, graph in enumerate(graphs):
        context.progress("list foldings", index, len(graphs))
        menus[graph.name] = segment_menu(graph, on.part)
    if request.luts is not None:
        _check_luts(menus, request.luts)
    return fold_chip(menus, on, request.luts, request.cycles).foldings


def _check_luts(menus: Mapping[str, Sequence[Unit]], luts: int) -> None:
    """Fewer than any folding takes: say so in terms of the option."""
    from toolkit.errors import FoldingUnreachable
    from toolkit.explore.chip import LINK, MARGIN

    units = [unit for segment in menus.values() for unit in segment]
    taken = LINK.lut + sum(min(option.resources.lut for option in unit.options) for unit in units)
    least = math.ceil(taken / (1 - MARGIN))
    if luts < least:
        raise FoldingUnreachable(
            "--luts",
            expected=f"at least {least:,}, what the slowest folding and the serial link take",
            found=f"{luts:,}",
            fix="Allow more, or take a smaller network or fewer bits.",
        )


STAGE = Stage(
    "compile",
    "Compile every segment to RTL",
    _run,
    inputs=("export",),
    options=("target", "cycles", "luts"),
    packages=("finn-plus", "qonnx"),
    code=("toolkit.compile", "toolkit.rtl", "toolkit.boards", "toolkit.explore"),
)
