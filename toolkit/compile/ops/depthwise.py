"""Depthwise convolution: ``Depthwise_rtl``, and the operation on windows that it is made from."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from qonnx.core.datatype import DataType
from qonnx.custom_op.base import CustomOp

from toolkit.compile.ops.wrapper import BlockWrapper

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper


def _sums(windows: np.ndarray, weights: np.ndarray) -> np.ndarray:
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
        context[node.output[0]] = _sums(*(context[name] for name in node.input)).astype(np.float32)

    def verify_node(self) -> list[str]:
        """Return no messages."""
        return []


class Depthwise_rtl(BlockWrapper):
    """:class:`DepthwiseNHWC` on a stream of windows, in lanes of SIMD values.

    A beat holds PE channels of one tap or, where PE is Channels, SIMD / PE whole taps.
    """

    blocks = ("offramp_depthwise",)
    has_weights = True

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Return the attributes: folding, taps of a window, types, number of windows, multipliers."""
        own = {
            "PE": ("i", True, 1),
            "SIMD": ("i", True, 1),
            "Taps": ("i", True, 1),
            "weightDataType": ("s", True, ""),
            "outputDataType": ("s", True, ""),
            "numInputVectors": ("ints", True, [1]),
            "resType": ("s", False, "auto", {"auto", "lut", "dsp"}),
        }
        return own | super().get_nodeattr_types()

    def get_input_datatype(self, ind: int = 0) -> Any:
        """Return the type of the values, or of the weights."""
        return DataType[str(self.get_nodeattr("weightDataType"))] if ind else super().get_input_datatype()

    def get_output_datatype(self, ind: int = 0) -> Any:
        """Return the type of the sums."""
        return DataType[str(self.get_nodeattr("outputDataType"))]

    def _shape(self, row: int) -> tuple[int, ...]:
        return (*map(int, self.get_nodeattr("numInputVectors")), row)

    def get_normal_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H', W', Taps * Channels)."""
        return self._shape(int(self.get_nodeattr("Taps") * self.get_nodeattr("Channels")))

    def get_normal_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H', W', Channels)."""
        return self._shape(int(self.get_nodeattr("Channels")))

    def get_folded_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H', W', Taps * Channels / SIMD, SIMD)."""
        *image, row = self.get_normal_input_shape()
        lanes = int(self.get_nodeattr("SIMD"))
        return (*image, row // lanes, lanes)

    def get_folded_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H', W', Channels / PE, PE)."""
        *image, row = self.get_normal_output_shape()
        lanes = int(self.get_nodeattr("PE"))
        return (*image, row // lanes, lanes)

    def get_exp_cycles(self) -> int:
        """Return a cycle per beat; exact."""
        return prod(self.get_folded_input_shape()[:-1])

    def lut_estimation(self, fpgapart: str) -> int:
        """Estimate products, where they are look-up tables, and sums."""
        lanes = int(self.get_nodeattr("SIMD"))
        product = self.get_input_datatype(0).bitwidth() * self.get_input_datatype(1).bitwidth()
        made = lanes * product if self.get_nodeattr("resType") == "lut" else 0
        return int(made + 3 * self.get_outstream_width() + 40)

    def dsp_estimation(self, fpgapart: str) -> int:
        """Return one multiplier per lane, unless products are look-up tables."""
        return 0 if self.get_nodeattr("resType") == "lut" else int(self.get_nodeattr("SIMD"))

    def block_parameters(self, model: ModelWrapper) -> dict[str, str]:
        """Return the parameters of ``offramp_depthwise``."""
        lanes, dtype = self.get_nodeattr("PE"), self.get_input_datatype()
        values = {
            "PE": lanes,
            "TAPS": self.get_nodeattr("SIMD") // lanes,
            "CHANNELS": self.get_nodeattr("Channels"),
            "KERNEL": self.get_nodeattr("Taps"),
            "ELEM_BITS": dtype.bitwidth(),
            "SIGNED": f"1'b{int(dtype.signed())}",
            "WEIGHT_WIDTH": self.get_input_datatype(1).bitwidth(),
            "ACCU_WIDTH": self.get_output_datatype().bitwidth(),
            "VERSION": 1 if self.get_nodeattr("resType") == "lut" else 2,
        }
        return {name: str(value) for name, value in values.items()}

    def execute_python(self, context: dict[str, Any]) -> None:
        """Compute the sums."""
        node = self.onnx_node
        context[node.output[0]] = _sums(*(context[name] for name in node.input)).astype(np.float32)
