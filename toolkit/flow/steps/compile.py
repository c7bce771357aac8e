"""Compiles the segments to RTL, folded for a number of cycles per frame or for a chip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.families import family
from toolkit.families.family import REFERENCE_PART
from toolkit.flow.groups import cycles_for
from toolkit.flow.step import Context, Step


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.compile import compile_segments, fold_for_board
    from toolkit.export import ExitGraphs
    from toolkit.links import chip_side

    options, exported = context.options, ExitGraphs.load(context.input("export"))
    graphs = exported.segments
    wanted = options.folding
    if (on := options.implementation.board) is None:
        folding: Any = options.target_cycles or _cycles_of_file(context)
        part = REFERENCE_PART
    else:
        link = chip_side(on).with_buffers(exported.image_bits, exported.map_bits)
        folding = fold_for_board(graphs, on, link, wanted.luts, wanted.cycles, context.progress)
        part = family(on.family).finn_part
    segments = compile_segments(graphs.values(), folding, context.out, part=part, progress=context.progress)
    slowest = max(segments.values(), key=lambda segment: segment.cycles)
    return {
        "message": f"{len(segments)} segments, at most {slowest.cycles:,} cycles per frame ({slowest.name})",
        "segments": {s.name: {"cycles": s.cycles, "resources": s.resources} for s in segments.values()},
    }


def _cycles_of_file(context: Context) -> int:
    """Return the cycles per frame for a QONNX file, from its own size."""
    from toolkit.export.foreign import ForeignFile

    record = ForeignFile.load(context.input("export"))
    return cycles_for(record.macs, record.positions)


STEP = Step(
    "compile",
    "Compile every segment to RTL",
    _run,
    inputs=("export",),
    options=("target", "tools", "cycles", "luts"),
    settings=("model", "description"),
    packages=("finn-plus", "qonnx"),
    of_files=True,
)
