"""Operations of channels-last graphs that qonnx lacks or knows less of; importing this module registers them.

Whoever executes a streamlined graph imports it. It does not import FINN+, whose import takes 5 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from qonnx.core.datatype import DataType
from qonnx.custom_op.base import CustomOp
from qonnx.custom_op.general import maxpoolnhwc
from qonnx.custom_op.registry import add_op_to_domain

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper


def sums(windows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the sums (..., C) of windows (..., taps * C) times weights (taps, C)."""
    return (windows.reshape(*windows.shape[:-1], *weights.shape) * weights).sum(axis=-2)


class DepthwiseNHWC(CustomOp):
    """Each channel of windows (1, H', W', taps * C) times its own weights (taps, C): (1, H', W', C)."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Return no attributes."""
        return {}

    def make_shape_compatible_op(self, model: ModelWrapper) -> NodeProto:
        """Return an operation with the same output shape, for ONNX's shape inference."""
        windows, weights = (model.get_tensor_shape(name) for name in self.onnx_node.input)
        return self.make_const_shape_op((*windows[:-1], weights[-1]))

    def infer_node_datatype(self, model: ModelWrapper) -> None:
        """Annotate sums as integers of any size; :class:`NarrowProducts` says how large they are."""
        model.set_tensor_datatype(self.onnx_node.output[0], DataType["INT32"])

    def execute_node(self, context: dict[str, Any], graph: Any) -> None:
        """Compute the sums."""
        node = self.onnx_node
        context[node.output[0]] = sums(*(context[name] for name in node.input)).astype(np.float32)

    def verify_node(self) -> list[str]:
        """Return no messages."""
        return []


def positions(
    size: Sequence[int], kernel: Sequence[int], stride: Sequence[int], pads: Sequence[int]
) -> tuple[int, int]:
    """Return how many whole windows fit into rows and columns.

    Args:
        size, kernel, stride: height and width.
        pads: top, left, bottom, right.
    """
    rows, columns = ((size[i] + pads[i] + pads[i + 2] - kernel[i]) // stride[i] + 1 for i in (0, 1))
    return rows, columns


class MaxPoolNHWC(maxpoolnhwc.MaxPoolNHWC):
    """A pool of a channels-last chain, with padding that may differ from side to side, and without ceil mode.

    qonnx's own accepts equal sides only, and in ceil mode windows that start behind the map.
    """

    def make_shape_compatible_op(self, model: ModelWrapper) -> NodeProto:
        """Return an operation with the same output shape, for ONNX's shape inference."""
        batch, *size, channels = model.get_tensor_shape(self.onnx_node.input[0])
        kernel, stride, pads = map(self.get_nodeattr, ("kernel_shape", "strides", "pads"))
        return self.make_const_shape_op((batch, *positions(size, kernel, stride, pads), channels))


for _own in (DepthwiseNHWC, MaxPoolNHWC):
    add_op_to_domain("qonnx.custom_op.general", _own)
