"""Exports integer QONNX graphs, one per segment and one per exit path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.flow.step import Context, Step


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.export.export import export_graphs
    from toolkit.train.checkpoint import Checkpoint

    graphs = export_graphs(Checkpoint.load(context.input("train")).build(), context.out)
    return {"message": f"{len(graphs.segments)} segments, {len(graphs.paths)} exit paths"}


STEP = Step(
    "export",
    "Export integer QONNX graphs, one per segment and one per exit path",
    _run,
    inputs=("train",),
    packages=("torch", "brevitas", "onnx", "onnxscript", "qonnx"),
)
