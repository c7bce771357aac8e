"""The base of operations on windows that slide over a channels-last image."""

from __future__ import annotations

from typing import Any

import numpy as np

from toolkit.compile.nhwc import positions
from toolkit.compile.ops.wrapper import BlockWrapper

_SIDES = ("PAD_TOP", "PAD_LEFT", "PAD_BOTTOM", "PAD_RIGHT")


class SlidingWrapper(BlockWrapper):
    """An operation on the windows of a channels-last image (1, H, W, C), with padding at every side.

    Attributes:
        kernel: name of the attribute with the size of a window, as FINN+ calls it.
    """

    kernel: str

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Return the attributes: image size, kernel, stride, padding (top, left, bottom, right)."""
        own: dict[str, Any] = {
            name: ("ints", True, []) for name in ("ImageSize", self.kernel, "Stride", "Padding")
        }
        return own | super().get_nodeattr_types()

    def get_normal_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H, W, C)."""
        return (1, *self.ints("ImageSize"), int(self.get_nodeattr("Channels")))

    def ints(self, name: str) -> list[int]:
        """Return the numbers of an attribute."""
        return [int(value) for value in self.get_nodeattr(name)]

    def positions(self) -> tuple[int, int]:
        """Return (H', W'); rows and columns after the last whole window are dropped."""
        return positions(*map(self.ints, ("ImageSize", self.kernel, "Stride", "Padding")))

    def geometry(self) -> dict[str, str]:
        """Return the block's parameters that describe image, kernel, stride and padding."""
        pairs = {"KERNEL": self.kernel, "STRIDE": "Stride"}
        return {
            "CHANNELS": str(self.get_nodeattr("Channels")),
            **dict(zip(("HEIGHT", "WIDTH"), map(str, self.ints("ImageSize")), strict=True)),
            **{
                f"{parameter}_{side}": str(value)
                for parameter, name in pairs.items()
                for side, value in zip("HW", self.ints(name), strict=True)
            },
            **dict(zip(_SIDES, map(str, self.ints("Padding")), strict=True)),
        }

    def windows(self, image: np.ndarray, padding: int) -> np.ndarray:
        """Return the windows of (1, H, W, C) with ``padding`` around it, (1, H', W', C, K_H, K_W)."""
        top, left, bottom, right = self.ints("Padding")
        down, across = self.ints("Stride")
        sides = ((0, 0), (top, bottom), (left, right), (0, 0))
        padded = np.pad(image, sides, constant_values=padding)
        views = np.lib.stride_tricks.sliding_window_view(padded, self.ints(self.kernel), axis=(1, 2))
        return views[:, ::down, ::across]
