"""``MaxPool_rtl``: max-pooling in RTL on the image stream itself, without a window generator."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from toolkit.compile.ops.wrapper import BlockWrapper

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper


class MaxPool_rtl(BlockWrapper):
    """The maximum over windows of a channels-last image, without padding.

    Input: (1, H, W, C) signed or unsigned integers, C folded over PE lanes; output: (1, H', W', C). It takes
    one beat per cycle and keeps K_H - 1 pooled rows, whatever the kernel and the stride.
    """

    blocks = ("offramp_maxpool_1d", "offramp_maxpool_lines")

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Return the attributes: image size, kernel and stride (rows, columns), PE."""
        own = {
            "ImageSize": ("ints", True, []),
            "KernelSize": ("ints", True, []),
            "Stride": ("ints", True, []),
            "PE": ("i", True, 1),
        }
        return own | super().get_nodeattr_types()

    def get_normal_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H, W, C)."""
        return (1, *map(int, self.get_nodeattr("ImageSize")), int(self.get_nodeattr("Channels")))

    def get_normal_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H', W', C); rows and columns after the last whole window are dropped."""
        sizes = (self.get_nodeattr(name) for name in ("ImageSize", "KernelSize", "Stride"))
        out = ((size - kernel) // stride + 1 for size, kernel, stride in zip(*sizes, strict=True))
        return (1, *map(int, out), int(self.get_nodeattr("Channels")))

    def _folded(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        pe = int(self.get_nodeattr("PE"))
        return (*shape[:-1], shape[-1] // pe, pe)

    def get_folded_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H, W, C/PE, PE)."""
        return self._folded(self.get_normal_input_shape())

    def get_folded_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H', W', C/PE, PE)."""
        return self._folded(self.get_normal_output_shape())

    def get_exp_cycles(self) -> int:
        """Return one cycle per input beat."""
        return prod(self.get_folded_input_shape()[:-1])

    def lut_estimation(self, fpgapart: str) -> int:
        """Estimate comparators, multiplexers, counters, and line memory in LUTs of 64 bits."""
        rows, columns = (int(k) for k in self.get_nodeattr("KernelSize"))
        bits, (_, _, width, fold, _) = self.get_instream_width(), self.get_folded_output_shape()
        compare = 2 * bits * (rows - 1 + columns - 1)
        memory = bits * ((rows - 1) * -(-width * fold // 64) + (columns - 1) * -(-fold // 64))
        return int(compare + memory + 40)

    def block_parameters(self, model: ModelWrapper) -> dict[str, str]:
        """Return the parameters of ``offramp_maxpool_lines``."""
        dtype = self.get_input_datatype()
        named = {"PE": "PE", "CHANNELS": "Channels"}
        pairs = {"KERNEL": "KernelSize", "STRIDE": "Stride"}
        height, width = self.get_nodeattr("ImageSize")
        return {
            "ELEM_BITS": str(dtype.bitwidth()),
            "SIGNED": f"1'b{int(dtype.signed())}",
            "HEIGHT": str(height),
            "WIDTH": str(width),
            **{parameter: str(self.get_nodeattr(name)) for parameter, name in named.items()},
            **{
                f"{parameter}_{side}": str(value)
                for parameter, name in pairs.items()
                for side, value in zip("HW", self.get_nodeattr(name), strict=True)
            },
        }

    def execute_python(self, context: dict[str, Any]) -> None:
        """Compute the maximum over sliding windows."""
        node, (down, across) = self.onnx_node, self.get_nodeattr("Stride")
        kernel = tuple(int(k) for k in self.get_nodeattr("KernelSize"))
        windows = np.lib.stride_tricks.sliding_window_view(context[node.input[0]], kernel, axis=(1, 2))
        context[node.output[0]] = windows[:, ::down, ::across].max(axis=(4, 5))
