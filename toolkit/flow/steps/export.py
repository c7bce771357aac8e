"""Exports integer QONNX graphs, one per segment and one per exit path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.core.artifact import sha256_file
from toolkit.core.errors import one_line
from toolkit.flow.options import Options
from toolkit.flow.step import Context, Step


def _run(context: Context) -> Mapping[str, Any]:
    if (file := context.options.network.qonnx) is not None:
        return _import(context, file)
    from toolkit.export.export import export_graphs
    from toolkit.train.checkpoint import Checkpoint

    graphs = export_graphs(Checkpoint.load(context.input("train")).build(), context.out)
    return {"message": f"{len(graphs.segments)} segments, {len(graphs.paths)} exit paths"}


def _import(context: Context, file: Path) -> Mapping[str, Any]:
    from toolkit.data import DatasetInfo
    from toolkit.export.foreign.graph import import_graphs

    network, shape = context.options.network, DatasetInfo.load(context.input("data")).shape
    graphs, record = import_graphs(file, context.out, network.model, shape, network.weights_unit)
    (path,) = graphs.paths
    pixels = "pixels" if record.unit == 1 else f"pixels / {record.unit}"
    return {"message": f"{one_line(file.name)}: {len(path.layers)} layers; its input is {pixels}"}


def _external(options: Options) -> Mapping[str, str]:
    network = options.network
    if network.qonnx is None:
        return {}
    return {"qonnx": sha256_file(network.qonnx), "unit": str(network.weights_unit)}


STEP = Step(
    "export",
    "Export integer QONNX graphs, one per segment and one per exit path",
    _run,
    inputs=("data", "train"),
    settings=("qonnx", "weights_unit"),
    external=_external,
    packages=("torch", "brevitas", "onnx", "onnxscript", "qonnx"),
    of_files=True,
)
