"""Compares the streamlined models of a network with golden execution, as integers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_node
from qonnx.custom_op.registry import getCustomOp

import toolkit.compile.nhwc  # noqa: F401  (registers our operations)
from toolkit.compile.segment import STREAMLINED, Segment
from toolkit.compile.thresholds import LINEAR, quantised_weights
from toolkit.core.reading import read_onnx
from toolkit.core.topology import Part, Topology
from toolkit.export import Graph
from toolkit.verify.compare import require_equal
from toolkit.verify.golden import Golden
from toolkit.verify.streams import SHAPERS, channels_last

Ints = NDArray[np.int64]


def integer_weights(graph: Graph) -> dict[str, Ints]:
    """Read the integer weights of an exported graph by layer name, int64 (O, C, KH, KW) or (O, F)."""
    model = ModelWrapper(read_onnx(graph.file))
    found = {}
    for node in model.graph.node:
        if node.op_type in LINEAR:
            weights, _ = quantised_weights(model, node)
            found[node.name] = weights.astype(np.int64)
    return found


def run_streamlined(segments: Sequence[Segment], images: NDArray[np.integer]) -> Ints:
    """Execute the streamlined models of a path, each on what those before gave, and return the logits.

    Args:
        segments: compiled segments in stream order.
        images: integers (N, C, H, W).

    Returns:
        int64 (N, classes).
    """
    models = {segment.part: ModelWrapper(read_onnx(segment.path / STREAMLINED)) for segment in segments}
    topology, answers = Topology.around(models), []
    for image in channels_last(images.astype(np.int64)):
        given, values = image[None].astype(np.float32), dict[Part, NDArray[np.float32]]()
        for part, model in models.items():
            value = np.sum(topology.read(part, values, given), axis=0)
            shape = model.get_tensor_shape(model.graph.input[0].name)
            values[part] = _execute(model, value.reshape(shape))
        answers.append(np.rint(values[segments[-1].part]).astype(np.int64).reshape(-1))
    return np.stack(answers) if answers else np.empty((0, 0), np.int64)


def _execute(model: ModelWrapper, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Execute a chain as qonnx does, but for windows, which it refuses on maps of one row or column."""
    context, opset = model.make_empty_exec_context(), model.get_opset_imports()[""]
    context[model.graph.input[0].name] = x
    for node in model.graph.node:
        if node.op_type == "Im2Col":
            op = getCustomOp(node)
            names = {"Padding": "pad_amount", "ConvKernelDim": "kernel_size", "Stride": "stride"}
            attributes = {name: op.get_nodeattr(own) for name, own in names.items()}
            context[node.output[0]] = SHAPERS["window"](context[node.input[0]], attributes)
        else:
            execute_node(node, context, model.graph, opset)
    return np.asarray(context[model.graph.output[0].name], dtype=np.float32)


def require_streamlined(graph: Graph, segments: Sequence[Segment], images: NDArray[np.integer]) -> int:
    """Compare the streamlined models of a path with golden and return the number of compared integers.

    Raises:
        VerificationMismatch: a logit differs; names frame, class and both values.
        NothingCompared: there are no frames.
    """
    found = run_streamlined(segments, images)
    golden = Golden(graph).run(images) if len(images) else found
    return require_equal(golden, found, f"streamlined {graph.name}", ("class",))
