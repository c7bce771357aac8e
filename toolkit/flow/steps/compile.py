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
    from toolkit.export import ExitGraphs

    graphs = list(ExitGraphs.load(context.input("export")).segments.values())
    folding = _folding(context, graphs)
    segments = compile_segments(graphs, folding, context.out, progress=context.progress)
    slowest = max(segments.values(), key=lambda segment: segment.cycles)
    return {
        "says": f"{len(segments)} segments, at most {slowest.cycles:,} cycles per frame ({slowest.name})",
        "segments": {name: {"cycles": s.cycles, "resources": s.resources} for name, s in segments.items()},
    }


def _folding(context: Context, graphs: list[Graph]) -> int | Mapping[str, Folding]:
    options = context.options
    if options.implementation.open_flow is None:
        return options.folding.cycles or DEFAULT_CYCLES
    from toolkit.boards import board
    from toolkit.compile import segment_candidates
    from toolkit.compile.folding.chip import fold_chip

    on, menus = board(options.implementation.target), {}
    for index, graph in enumerate(graphs):
        context.progress("list foldings", index, len(graphs))
        menus[graph.name] = segment_candidates(graph, on.part)
    if options.folding.luts is not None:
        _check_luts(menus, options.folding.luts)
    return fold_chip(menus, on, options.folding.luts, options.folding.cycles).foldings


def _check_luts(menus: Mapping[str, Sequence[Unit]], luts: int) -> None:
    """Fewer than any folding takes: say so in terms of the option."""
    from toolkit.compile.folding.chip import LINK, MARGIN
    from toolkit.core.errors import FoldingUnreachable

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


STEP = Step(
    "compile",
    "Compile every segment to RTL",
    _run,
    inputs=("export",),
    options=("target", "cycles", "luts"),
    packages=("finn-plus", "qonnx"),
)
