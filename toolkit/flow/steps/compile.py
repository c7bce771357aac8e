"""The segments as RTL, folded for a number of cycles per frame, or for the chip that they must fit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolkit.flow.options import DEFAULT_CYCLES
from toolkit.flow.step import Context, Step

if TYPE_CHECKING:
    from toolkit.compile.folding.candidates import Folding, Unit
    from toolkit.export import Graph


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.compile import compile_segments
    from toolkit.core.env import settings
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
    options = context.options
    if (on := options.implementation.board) is None:
        return options.folding.cycles or DEFAULT_CYCLES
    from toolkit.compile.folding.chip import fold_chip
    from toolkit.compile.pipeline import segment_menu
    from toolkit.links import chip_side

    link, menus = chip_side(on.link).takes, {}
    for index, graph in enumerate(graphs):
        context.progress("list foldings", index, len(graphs))
        menus[graph.name] = segment_menu(graph, on.part)
    if options.folding.luts is not None:
        _check_luts(menus, options.folding.luts, link.lut, on.toolchain.margin)
    return fold_chip(menus, on, link, options.folding.luts, options.folding.cycles).foldings


def _check_luts(menus: Mapping[str, Sequence[Unit]], luts: int, link: int, margin: float) -> None:
    """Fewer than any folding takes: say so in terms of the option."""
    from toolkit.core.errors import FoldingUnreachable

    units = [unit for segment in menus.values() for unit in segment]
    taken = link + sum(min(option.resources.lut for option in unit.options) for unit in units)
    least = math.ceil(taken / (1 - margin))
    if luts < least:
        raise FoldingUnreachable(
            "--luts",
            expected=f"at least {least:,}, what the slowest folding and the link take",
            found=f"{luts:,}",
            fix="Allow more, or take a smaller network or fewer bits.",
        )


STEP = Step(
    "compile",
    "Compile every segment to RTL",
    _run,
    inputs=("export",),
    options=("target", "cycles", "luts"),
    packages=("finn-plus", "qonnx"),
    code=("toolkit.compile", "toolkit.rtl", "toolkit.boards", "toolkit.explore"),
)
