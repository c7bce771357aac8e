"""Marks that tell the network layer of a node, from the exported graph to the hardware.

Exported nodes are named after their layers. FINN+ renames nodes, so the layer is also stored as metadata, the
mark. Two transformations rebuild all products and quantisers without marks: ``ConvertQONNXtoFINN`` (Quant to
MultiThreshold, Gemm to MatMul) and ``LowerConvsToMatMul`` (Conv to Im2Col and MatMul). After them the nodes
are
identified by their numbers: a product by its integer weights, a quantiser by its thresholds. Later
transformations may replace nodes, but the replacement writes the same tensor, by which the mark is found.
"""

from __future__ import annotations

from collections.abc import Iterator

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.base import Transformation

from toolkit.compile.legal import HARDWARE
from toolkit.core.errors import ArtifactError

_KEY = "offramp.layer"
_MARKED = ("mvau", "depthwise", "threshold", "pool", "bias")


def layer_of(node: NodeProto) -> str:
    """Return the layer that a node is marked with; empty without a mark."""
    return next((entry.value for entry in node.metadata_props if entry.key == _KEY), "")


def mark(node: NodeProto, layer: str) -> None:
    """Mark a node, which has no mark yet, with a layer."""
    entry = node.metadata_props.add()
    entry.key, entry.value = _KEY, layer


def mark_exported(model: ModelWrapper) -> None:
    """Mark every node of an exported graph with its name, which is that of its layer."""
    for node in model.graph.node:
        mark(node, node.name)


def transformed(model: ModelWrapper, transformation: Transformation) -> ModelWrapper:
    """Apply a transformation; a node that replaces a marked node, and writes its tensor, gets its mark."""
    known = {node.output[0]: layer_of(node) for node in model.graph.node if layer_of(node)}
    model = model.transform(transformation)
    for node in model.graph.node:
        if not layer_of(node) and node.output[0] in known:
            mark(node, known[node.output[0]])
    return model


def node_layers(model: ModelWrapper) -> Iterator[str]:
    """Yield the layer of every node of a hardware chain, in order.

    Nodes without a mark (padding, windows, width converters) belong to the next layer in the chain, at its
    end to the previous one.

    Raises:
        ArtifactError: a node that needs a mark has none.
    """
    nodes = list(model.graph.node)
    for index, node in enumerate(nodes):
        if HARDWARE[node.op_type] in _MARKED and not layer_of(node):
            raise ArtifactError(f"layer of {node.name} ({node.op_type})", expected="a mark", found="none")
        near = (*nodes[index:], *reversed(nodes[:index]))
        yield next(filter(None, map(layer_of, near)))
