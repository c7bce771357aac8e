"""Flatten in channels-last order: the weights of the linear layer after it are reordered instead."""

from __future__ import annotations

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.base import Transformation

from toolkit.core.errors import UnsupportedOperator


class FlattenChannelsLast(Transformation):
    """Make every Flatten read its feature map channels-last.

    A Transpose to NCHW before the Flatten is removed, and the rows of the following MatMul are reordered to
    match.
    """

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply the transformation to ``model``."""
        for node in model.get_nodes_by_op_type("Flatten"):
            producer = model.find_producer(node.input[0])
            if producer is None or producer.op_type != "Transpose":
                continue
            _, channels, height, width = model.get_tensor_shape(node.input[0])
            _reorder_rows(model, model.find_consumer(node.output[0]), (channels, height, width))
            node.input[0] = producer.input[0]
            model.graph.node.remove(producer)
        return model, False


class RemoveFlatten(Transformation):
    """Remove every Flatten, since a stream has no shape."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply the transformation to ``model``."""
        for node in model.get_nodes_by_op_type("Flatten"):
            model.find_consumer(node.output[0]).input[0] = node.input[0]
            model.graph.node.remove(node)
        return model, False


def _reorder_rows(model: ModelWrapper, linear: NodeProto | None, shape: tuple[int, int, int]) -> None:
    if linear is None or linear.op_type != "MatMul":
        found = "nothing" if linear is None else linear.op_type
        raise UnsupportedOperator("what follows a Flatten", expected="a linear layer", found=found)
    weights = model.get_initializer(linear.input[1])
    rows = weights.reshape(*shape, -1).transpose(1, 2, 0, 3)
    model.set_initializer(linear.input[1], rows.reshape(weights.shape).copy())
