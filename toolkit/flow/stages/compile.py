"""The segments as RTL, folded for the target of cycles per frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.flow.stage import Context, Stage


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
        graphs, context.request.cycles, context.out, cache_dir=settings().cache_dir, progress=progress
    )
    slowest = max(segments.values(), key=lambda segment: segment.cycles)
    return {
        "says": f"{len(segments)} segments, at most {slowest.cycles:,} cycles per frame ({slowest.name})",
        "segments": {name: {"cycles": s.cycles, "resources": s.resources} for name, s in segments.items()},
    }


STAGE = Stage(
    "compile",
    "Compile every segment to RTL",
    _run,
    inputs=("export",),
    options=("cycles",),
    packages=("finn-plus", "qonnx"),
    code=("toolkit.compile", "toolkit.rtl"),
)
