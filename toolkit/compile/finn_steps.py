"""Steps for FINN+'s own builder: importing this module registers our operations with it.

``finn build`` finds them by the names that :func:`toolkit.compile.finn_folder.write_finn_folder` puts into
its configuration. They take an exit path to hardware layers in RTL; FINN+'s own steps go on from there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qonnx.core.modelwrapper import ModelWrapper

from toolkit.compile.hardware import to_hardware
from toolkit.compile.streamline import streamline
from toolkit.core.store import scratch
from toolkit.export.graphs import Graph, TensorInfo


def step_offramp_streamline(model: ModelWrapper, cfg: Any) -> ModelWrapper:
    """Convert an exit path in QONNX to a chain of integer layers with exact thresholds."""
    with scratch("finn") as folder:
        model.save(str(file := folder / "path.onnx"))
        return streamline(_graph(model, file))


def step_offramp_hardware(model: ModelWrapper, cfg: Any) -> ModelWrapper:
    """Convert that chain to hardware layers, all of them in RTL."""
    return to_hardware(model, model.graph.name)


def _graph(model: ModelWrapper, file: Path) -> Graph:
    """Describe the graph in ``file`` by the integer types that are annotated in it."""
    source, sink = (
        TensorInfo(
            name=tensor.name,
            dtype=model.get_tensor_datatype(tensor.name).name,
            shape=tuple(model.get_tensor_shape(tensor.name)),
            scale=1.0,
        )
        for tensor in (model.graph.input[0], model.graph.output[0])
    )
    return Graph(name=model.graph.name, file=file, input=source, output=sink, digest="")
