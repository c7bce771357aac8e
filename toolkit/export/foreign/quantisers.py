"""The quantisers of QONNX, of weights and between layers, evaluated by qonnx itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qonnx.custom_op.general.bipolar_quant import binary_quant
from qonnx.custom_op.general.multithreshold import multithreshold
from qonnx.custom_op.general.quant import max_int, min_int, quant

from toolkit.core.errors import UnsupportedOperator
from toolkit.export.ranges import Interval

CLIPPING = ("Quant", "IntQuant", "BipolarQuant", "MultiThreshold")
DOMAINS = ("qonnx.custom_op.general", "onnx.brevitas")
"""Domains of the quantisers; the second is the old name of the first."""
MOST_BITS = 8

Ints = NDArray[np.int64]
Reals = NDArray[np.float32]


@dataclass(frozen=True)
class Quantised:
    """Weights: integers, and the real value of a step for each of them, arrays of one shape."""

    values: Ints
    scale: NDArray[np.float64]

    @classmethod
    def of_integers(cls, array: np.ndarray) -> Quantised:
        """Return weights that are whole numbers already."""
        return cls(_whole("weights", array), np.ones(array.shape))

    def shaped(self, change: Callable[[np.ndarray], np.ndarray]) -> Quantised:
        """Return the same weights in another order or shape."""
        values, scale = (np.asarray(change(one)) for one in (self.values, self.scale))
        return Quantised(values, scale)

    def scale_along(self, axis: int) -> NDArray[np.float64]:
        """Return the scale of each output, [outputs] or [1].

        Args:
            axis: axis of the outputs.

        Raises:
            UnsupportedOperator: it differs within an output.
        """
        rows = np.moveaxis(self.scale, axis, 0).reshape(self.scale.shape[axis], -1)
        if (rows != rows[:, :1]).any():
            raise UnsupportedOperator("scales of weights", expected="one, or one per output", found="others")
        return rows[:1, 0] if (rows == rows[0, 0]).all() else rows[:, 0]


@dataclass(frozen=True)
class ForeignQuantiser:
    """A quantiser between layers.

    Attributes:
        step: real value of an integer step.
        low, high: smallest and largest integer.
        function: what it makes of real values, float32 [K, C, ...], channels along axis 1.
        rows: number of channels that it tells apart; 1: none.
    """

    step: float
    low: int
    high: int
    function: Callable[[Reals], Reals]
    rows: int = 1

    def __call__(self, values: Reals) -> Ints:
        """Return the integers of real values."""
        return np.rint(self.function(values) / np.float64(self.step)).astype(np.int64)

    @property
    def dtype(self) -> str:
        """Narrowest qonnx type of at least 2 bits that holds its integers."""
        return dtype_of(self.low, self.high)


def dtype_of(low: int, high: int) -> str:
    """Return the narrowest qonnx integer type of 2 bits or more that holds ``low`` to ``high``."""
    return f"UINT{max(2, high.bit_length())}" if low >= 0 else Interval(low, high).tight_dtype()


def quantised_constant(
    op: str, attributes: Mapping[str, Any], given: Sequence[np.ndarray | Quantised]
) -> Quantised:
    """Quantise weights.

    Raises:
        UnsupportedOperator: a parameter of the quantiser is not supported.
    """
    values, *parameters = (one for one in given if isinstance(one, np.ndarray))
    if len(parameters) != len(given) - 1 or not np.isfinite(values).all():
        raise UnsupportedOperator("weights", expected="finite numbers, quantised once")
    if op == "MultiThreshold":
        raise UnsupportedOperator("weights", expected="Quant or BipolarQuant", found=op)
    scale = _scale(parameters[0])
    if op == "BipolarQuant":
        real = binary_quant(values, parameters[0])
    else:
        if zero := _limits(attributes, parameters)[2]:
            raise UnsupportedOperator("zero point of weights", expected=0, found=zero)
        real = _quant(attributes, parameters)(values)
    steps = np.asarray(real, np.float64) / scale
    return Quantised(np.rint(steps).astype(np.int64), np.broadcast_to(scale, values.shape).copy())


def quantiser_of(
    op: str, attributes: Mapping[str, Any], parameters: Sequence[np.ndarray], shape: tuple[int, ...]
) -> ForeignQuantiser:
    """Return the quantiser of a node between layers.

    Args:
        parameters: constant inputs, in order.
        shape: shape of what it is evaluated on, without the first axis: (C, 1, 1) or (F,).

    Raises:
        UnsupportedOperator: a parameter is not supported.
    """
    if op == "MultiThreshold":
        return _thresholds(attributes, parameters[0], shape)
    scale = _scale(parameters[0])
    if scale.size != 1:
        raise UnsupportedOperator("scale", expected="one for all channels", found=f"{scale.size}")
    step = float(scale.reshape(-1)[0])
    if op == "BipolarQuant":
        return ForeignQuantiser(step, -1, 1, partial(_binary, scale=np.float32(step)))
    low, high, zero = _limits(attributes, parameters)
    return ForeignQuantiser(step, low - zero, high - zero, _quant(attributes, parameters))


def _binary(values: Reals, scale: np.float32) -> Reals:
    return np.asarray(binary_quant(values, scale), np.float32)


def _quant(attributes: Mapping[str, Any], parameters: Sequence[np.ndarray]) -> Callable[[Reals], Reals]:
    mode = attributes.get("rounding_mode", b"ROUND").decode()
    signed, narrow = bool(attributes.get("signed", 1)), bool(attributes.get("narrow", 0))
    scale, zero, bits = (one.reshape(-1)[0] if one.size == 1 else one for one in parameters)
    return partial(
        quant, scale=scale, zeropt=zero, bitwidth=bits, signed=signed, narrow=narrow, rounding_mode=mode
    )


def _limits(attributes: Mapping[str, Any], parameters: Sequence[np.ndarray]) -> tuple[int, int, int]:
    """Return smallest and largest integer, and the zero point."""
    _, zero, bits = parameters
    whole = [one for one in (zero, bits) if one.size == 1 and float(one.reshape(-1)[0]).is_integer()]
    if len(whole) < 2:
        raise UnsupportedOperator("zero point and bits", expected="a whole number each", found="others")
    offset, width = (int(one.reshape(-1)[0]) for one in whole)
    signed, narrow = bool(attributes.get("signed", 1)), bool(attributes.get("narrow", 0))
    if not 1 <= width <= MOST_BITS or abs(offset) >= 2**MOST_BITS:
        raise UnsupportedOperator("bits", expected=f"1 to {MOST_BITS}", found=f"{width}, zero point {offset}")
    if width == 1 and signed:  # qonnx takes it for bipolar
        return -1, 1, offset
    return int(min_int(signed, narrow, width)), int(max_int(signed, narrow, width)), offset


def _thresholds(
    attributes: Mapping[str, Any], thresholds: np.ndarray, shape: tuple[int, ...]
) -> ForeignQuantiser:
    step, bias = (float(attributes.get(name, one)) for name, one in (("out_scale", 1.0), ("out_bias", 0.0)))
    low = bias / step if step > 0 else 0.5
    fits = thresholds.ndim == 2 and thresholds.shape[0] in (1, shape[0]) and thresholds.shape[1] > 0
    layout = attributes.get("data_layout", b"").decode()
    if not low.is_integer() or not fits or layout not in ("", "NCHW", "NC"):
        raise UnsupportedOperator(
            "thresholds",
            expected="a row for all channels or for each, channels first, out_bias in steps of out_scale",
            found=f"shape {list(thresholds.shape)}, layout {layout or 'none'}, {bias:g} and {step:g}",
        )

    def count(values: Reals) -> Reals:
        return np.asarray(multithreshold(values, thresholds, step, bias), np.float32)

    return ForeignQuantiser(step, int(low), int(low) + thresholds.shape[1], count, thresholds.shape[0])


def _scale(scale: np.ndarray) -> NDArray[np.float64]:
    found = np.asarray(scale, np.float64)
    if found.size == 0 or not ((found > 2.0**-100) & (found < 2.0**100)).all():
        raise UnsupportedOperator("scale", expected="numbers above 0", found=found.reshape(-1)[:1])
    return found


def _whole(what: str, array: np.ndarray) -> Ints:
    values = np.asarray(array, np.float64)
    if not np.isfinite(values).all() or (values != np.rint(values)).any():
        raise UnsupportedOperator(what, expected="whole numbers, as annotated", found="others")
    return values.astype(np.int64)
