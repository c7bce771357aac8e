"""Integer ranges of accumulators, and the limit up to which float32 is exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qonnx.core.datatype import DataType

from toolkit.core.errors import RangeExceeded

EXACT_LIMIT = 2**24
"""Magnitude below which float32 holds every integer; see ``docs/numbers.md``."""


@dataclass(frozen=True)
class Interval:
    """All integers from ``low`` to ``high``, both included."""

    low: int
    high: int

    @property
    def magnitude(self) -> int:
        """Largest absolute value."""
        return max(abs(self.low), abs(self.high))

    @classmethod
    def of_dtype(cls, dtype: str) -> Interval:
        """Return the range of a qonnx integer type, ``UINT4`` -> 0..15."""
        return cls(int(DataType[dtype].min()), int(DataType[dtype].max()))

    def tight_dtype(self) -> str:
        """Return the narrowest signed qonnx type that holds the interval, at least ``INT2``."""
        bits = 2
        while self.low < -(2 ** (bits - 1)) or self.high >= 2 ** (bits - 1):
            bits += 1
        return f"INT{bits}"


def accumulator_interval(weight: np.ndarray, bias: np.ndarray, x: Interval) -> Interval:
    """Return the smallest and largest sum of a layer, over all outputs and all inputs within ``x``.

    Args:
        weight: integers [out, in, ...].
        bias: integers [out].
        x: range of every input. It contains 0, so zero padding is covered.
    """
    rows = weight.reshape(weight.shape[0], -1)
    low = np.minimum(rows * x.low, rows * x.high).sum(axis=1) + bias
    high = np.maximum(rows * x.low, rows * x.high).sum(axis=1) + bias
    return Interval(int(low.min()), int(high.max()))


def require_exact(what: str, weight: np.ndarray, bias: np.ndarray, x: Interval) -> int:
    """Return :func:`accumulator_magnitude` of a layer.

    Raises:
        RangeExceeded: float32 cannot hold such integers exactly.
    """
    reach = accumulator_magnitude(weight, bias, x)
    if reach >= EXACT_LIMIT:
        raise RangeExceeded(
            f"accumulator of {what}",
            expected=f"sum |w| * max |x| + |b| below {EXACT_LIMIT} (exact in float32)",
            found=reach,
            fix="Use narrower weights or activations for this layer.",
        )
    return reach


def accumulator_magnitude(weight: np.ndarray, bias: np.ndarray, x: Interval) -> int:
    """Return the largest sum |w| * max |x| + |b| over the outputs, which bounds partial sums in any order."""
    # int64 has no |minimum|: float64 holds sums of magnitudes exactly, Python's integers all that follows
    rows = np.abs(weight.reshape(weight.shape[0], -1).astype(np.float64)).sum(axis=1)
    return max(int(row) * x.magnitude + abs(int(b)) for row, b in zip(rows, bias, strict=True))
