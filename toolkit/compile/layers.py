"""The network layer that a node computes: a mark on the node, from the exported graph to the hardware.

Exported nodes have the names of their layers, which later renaming takes away: each is marked before. Marks
stay on nodes that a transformation keeps. Between them two of FINN+'s build all products and quantisers anew
and drop their marks: ``ConvertQONNXtoFINN`` (Quant to MultiThreshold, Gemm to MatMul) and
``LowerConvsToMatMul`` (Conv to Im2Col and MatMul). After these each node is known by its numbers: a product
by the integers of its weights, a quantiser by its thresholds. From there on FINN+ may replace nodes, but lets
the replacement write the same tensor, by which its mark follows.
"""

from __future__ import annotations

from collections.abc import Iterator

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.base import Transformation

from toolkit.compile.legal import HARDWARE
from toolkit.core.errors import ArtifactError

_KEY = "offramp.layer"
_COMPUTING = ("mvau", "threshold", "pool", "bias")


def layer_of(node: NodeProto) -> str:
    """The layer that a node is marked with; empty without a mark."""
    return next((entry.value for entry in node.metadata_props if entry.key == _KEY), "")


def mark(node: NodeProto, layer: str) -> None:
    """Mark a node that has no mark yet."""
    entry = node.metadata_props.add()
    entry.key, entry.value = _KEY, layer


def mark_exported(model: ModelWrapper) -> None:
    """Mark every node of an exported graph with its own name, which is that of its layer."""
    for node in model.graph.node:
        mark(node, node.name)


def transformed(model: ModelWrapper, step: Transformation) -> ModelWrapper:
    """Apply a transformation; a node that writes the tensor of a marked node it replaces takes its mark."""
    known = {node.output[0]: layer_of(node) for node in model.graph.node if layer_of(node)}
    model = model.transform(step)
    for node in model.graph.node:
        if not layer_of(node) and node.output[0] in known:
            mark(node, known[node.output[0]])
    return model


def node_layers(model: ModelWrapper) -> Iterator[str]:
    """The layer of every node of a hardware chain, in order.

    What has no mark (padding, windows, width converters) belongs to the layer that it feeds, at the end of
    the chain to the layer before.

    Raises:
        ArtifactError: a node that computes has lost its mark.
    """
    nodes = list(model.graph.node)
    for index, node in enumerate(nodes):
        if HARDWARE[node.op_type] in _COMPUTING and not layer_of(node):
            raise ArtifactError(f"layer of {node.name} ({node.op_type})", expected="a mark", found="none")
        near = (*nodes[index:], *reversed(nodes[:index]))
        yield next(filter(None, map(layer_of, near)))
