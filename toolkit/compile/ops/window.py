"""``Window_rtl``: the windows of a convolution, padding included, in as many lanes as its product takes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from toolkit.compile.ops.sliding import SlidingWrapper

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

_LUT_MEMORY_DEPTH = 32  # words of 6 bits in 4 LUTs of 7 series and UltraScale


class Window_rtl(SlidingWrapper):
    """The windows of a channels-last image, each as one row of a matrix.

    Input: (1, H, W, C) integers, a pixel per beat; output: (1, H', W', K_H * K_W * C), each row ordered by
    kernel row, kernel column, channel, and sent in beats of SIMD lanes. Padding is zero.
    """

    blocks = ("offramp_window",)
    kernel = "ConvKernelDim"

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Return the attributes: those of windows, and SIMD."""
        return {"SIMD": ("i", True, 1)} | super().get_nodeattr_types()

    def get_normal_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H', W', K_H * K_W * C)."""
        return (1, *self.positions(), prod(self.ints(self.kernel)) * int(self.get_nodeattr("Channels")))

    def get_folded_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H, W, 1, C)."""
        *image, channels = self.get_normal_input_shape()
        return (*image, 1, channels)

    def get_folded_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H', W', K_H * K_W * C / SIMD, SIMD)."""
        *image, row = self.get_normal_output_shape()
        simd = int(self.get_nodeattr("SIMD"))
        return (*image, row // simd, simd)

    def get_exp_cycles(self) -> int:
        """Return a cycle per beat, and one per step that completes no window; exact."""
        size, kernel, pad = map(self.ints, ("ImageSize", "ConvKernelDim", "Padding"))
        steps = (max(0, pad[i] + 1 - kernel[i]) + size[i] + pad[i + 2] for i in (0, 1))
        *image, folds, _ = self.get_folded_output_shape()
        return prod(steps) + prod(image) * (folds - 1)

    def lut_estimation(self, fpgapart: str) -> int:
        """Estimate line memory in LUTs, the multiplexer of the beats, masks and counters."""
        rows, pixel = self.ints("ConvKernelDim")[0], self.get_instream_width()
        words = -(-self.ints("ImageSize")[1] // _LUT_MEMORY_DEPTH)
        memory = (rows - 1) * pixel * words * 2 // 3
        *_, folds, _ = self.get_folded_output_shape()
        return int(memory + (rows - 1) * pixel + self.get_outstream_width() * (-(-folds // 4)) + 60)

    def block_parameters(self, model: ModelWrapper) -> dict[str, str]:
        """Return the parameters of ``offramp_window``."""
        return {
            "ELEM_BITS": str(self.get_input_datatype().bitwidth()),
            "LANES": str(self.get_nodeattr("SIMD")),
            **self.geometry(),
        }

    def execute_python(self, context: dict[str, Any]) -> None:
        """Compute the sliding windows of the padded image."""
        node = self.onnx_node
        rows = self.windows(context[node.input[0]], 0).transpose(0, 1, 2, 4, 5, 3)
        context[node.output[0]] = rows.reshape(self.get_normal_output_shape()).astype(np.float32)
