"""The layers that a file becomes, and their shapes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from qonnx.core.datatype import DataType

from toolkit.core.errors import UnsupportedOperator
from toolkit.data.random_frames import LARGEST
from toolkit.export.foreign.chain import ForeignNode
from toolkit.export.foreign.quantisers import MOST_BITS
from toolkit.export.ranges import Interval

Ints = NDArray[np.int64]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class IntegerLayer:
    """A layer of integers.

    Attributes:
        kind: what it is; "quant" counts thresholds.
        shape: shape of its output, (C, H, W) or (F,).
        dtype: qonnx type of its output.
        weight: int64 [out, in, ...] of "conv" and "linear".
        bias: int64 [out] of the last "linear".
        table: thresholds of "quant", int64 [C, steps] or [1, steps].
        kernel, strides, pads: of "conv" and "pool"; padding top, left, bottom, right.
    """

    kind: Literal["conv", "linear", "quant", "pool", "flatten"]
    shape: Shape
    dtype: str = ""
    weight: Ints | None = None
    bias: Ints | None = None
    table: Ints | None = None
    kernel: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    pads: tuple[int, ...] = ()

    def checked(self) -> IntegerLayer:
        """Return the layer; raises UnsupportedOperator if its weights take more than 8 bits, signed."""
        assert self.weight is not None
        dtype = Interval(int(self.weight.min()), int(self.weight.max())).tight_dtype()
        if DataType[dtype].bitwidth() > MOST_BITS:
            raise UnsupportedOperator("weights", expected=f"at most {MOST_BITS} bits, signed", found=dtype)
        return self


def conv_layer(node: ForeignNode, shape: Shape, weights: Ints) -> IntegerLayer:
    """Return a convolution of maps of ``shape``; raises UnsupportedOperator if it does not fit."""
    if weights.ndim != 4 or len(shape) != 3 or weights.shape[1] != shape[0]:
        expected = f"weights for a feature map {list(shape)}"
        raise UnsupportedOperator(node.named, expected=expected, found=f"shape {list(weights.shape)}")
    kernel, pads = weights.shape[2:], node.ints("pads", [0] * 4)
    size, strides = _windows(node, shape, kernel, pads)
    return IntegerLayer(
        "conv", (len(weights), *size), weight=weights, kernel=kernel, strides=strides, pads=tuple(pads)
    )


def linear_layer(node: ForeignNode, shape: Shape, weights: Ints) -> IntegerLayer:
    """Return a product with weights [out, in]; raises UnsupportedOperator if it does not fit."""
    if weights.ndim != 2 or shape != weights.shape[1:] or node.data != 0:
        expected = f"weights for features {list(shape)}"
        raise UnsupportedOperator(node.named, expected=expected, found=f"shape {list(weights.shape[::-1])}")
    return IntegerLayer("linear", weights.shape[:1], weight=weights)


def pool_layer(node: ForeignNode, shape: Shape) -> IntegerLayer:
    """Return a max-pool, ceil mode as padding; raises UnsupportedOperator if it does not fit."""
    kernel, pads = node.ints("kernel_shape", []), node.ints("pads", [0] * 4)
    if len(shape) != 3 or len(kernel) != 2:
        raise UnsupportedOperator(node.named, expected="windows over rows and columns")
    if node.attributes.get("ceil_mode", 0):
        strides = _strides(node)
        for axis, side in enumerate(shape[1:]):
            last = -(-(side + pads[axis] + pads[axis + 2] - kernel[axis]) // strides[axis])
            if last * strides[axis] >= side + pads[axis]:  # it would start behind the map
                last -= 1
            pads[axis + 2] = max(0, last * strides[axis] + kernel[axis] - pads[axis] - side)
    size, strides = _windows(node, shape, kernel, pads)
    if any(pad >= window for pad, window in zip(pads, [*kernel, *kernel], strict=True)):
        raise UnsupportedOperator(node.named, expected="less padding than the kernel is large", found=pads)
    whole = (shape[0], *size)
    return IntegerLayer("pool", whole, kernel=tuple(kernel), strides=strides, pads=tuple(pads))


def flatten_layer(node: ForeignNode, shape: Shape) -> IntegerLayer:
    """Return the flattening of a Flatten or Reshape; raises UnsupportedOperator if it is another change."""
    flat = (prod(shape),)
    if node.op == "Flatten":
        fits = node.attributes.get("axis", 1) in (1, -len(shape))
    else:
        wanted = [int(one) for one in node.array(1).reshape(-1)]
        fits = len(wanted) == 2 and wanted[0] in (0, 1, -1) and wanted[1] in (-1, *flat)
    if not fits:
        expected = f"a flattening to 1x{flat[0]}"
        raise UnsupportedOperator(node.named, expected=expected, found="another shape")
    return IntegerLayer("flatten", flat)


def _strides(node: ForeignNode) -> tuple[int, int]:
    found = node.ints("strides", [1, 1])
    if len(found) != 2 or min(found) < 1:
        raise UnsupportedOperator(node.named, expected="two strides of at least 1", found=found)
    return found[0], found[1]


def _windows(
    node: ForeignNode, shape: Shape, kernel: Shape | list[int], pads: list[int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the number of windows in rows and columns, and the strides."""
    strides = _strides(node)
    if len(pads) != 4 or min(pads) < 0 or min(kernel) < 1:
        raise UnsupportedOperator(node.named, expected="a kernel, and padding of four sides", found=pads)
    whole = [shape[1 + i] + pads[i] + pads[i + 2] for i in (0, 1)]
    if any(side < window for side, window in zip(whole, kernel, strict=True)) or prod(whole) > LARGEST:
        raise UnsupportedOperator(node.named, expected=f"windows no larger than {whole}", found=list(kernel))
    rows, columns = ((whole[i] - kernel[i]) // strides[i] + 1 for i in (0, 1))
    return (rows, columns), strides
