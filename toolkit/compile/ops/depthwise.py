"""Depthwise convolution: ``Depthwise_rtl``."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from qonnx.core.datatype import DataType

from toolkit.compile.nhwc import sums
from toolkit.compile.ops.wrapper import BlockWrapper

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper


class Depthwise_rtl(BlockWrapper):
    """:class:`toolkit.compile.nhwc.DepthwiseNHWC` on a stream of windows, in lanes of SIMD values.

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
        context[node.output[0]] = sums(*(context[name] for name in node.input)).astype(np.float32)
