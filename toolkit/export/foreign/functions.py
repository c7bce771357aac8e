"""What stands between a layer with weights and its quantiser: functions of each channel, in float32."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.core.errors import UnsupportedOperator
from toolkit.export.foreign.chain import ForeignNode

Reals = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class ChannelFunction:
    """A function of every value, by its channel.

    Attributes:
        named: its node, in messages.
        compute: the function in float32, of [K, C, ...], in the order in which ONNX Runtime computes it.
        factor, summand: the function is x * factor + summand, float64 of one shape; None for ReLU.
    """

    named: str
    compute: Callable[[Reals], Reals]
    factor: Doubles | None
    summand: Doubles | None


def divide(unit: int) -> ChannelFunction:
    """Return the function that makes values of pixels, of which ``unit`` is 1.0."""
    by = np.float32(unit)
    factor = 1 / np.float64(unit) * np.ones(1)
    return ChannelFunction("the input", lambda x: x / by, factor, np.zeros(1))


def add(named: str, bias: np.ndarray) -> ChannelFunction:
    """Return the addition of a bias of a shape that fits the values."""
    return ChannelFunction(
        named, lambda x: np.asarray(x + bias, np.float32), np.ones(1), bias.astype(np.float64)
    )


def function_of(node: ForeignNode, shape: tuple[int, ...]) -> ChannelFunction:
    """Return the function of a node.

    Args:
        shape: (C, 1, 1) or (F,).

    Raises:
        UnsupportedOperator: its constants differ within a channel, or it divides by its values.
    """
    if node.op == "Relu":
        return ChannelFunction(node.named, lambda x: np.maximum(x, np.float32(0)), None, None)
    if node.op == "BatchNormalization":
        return _norm(node, shape)
    (constant,) = (_fitting(node, node.array(at), shape) for at in node.constants)
    value, one = constant.astype(np.float64), np.ones(1)
    if node.op == "Mul":
        return ChannelFunction(node.named, lambda x: x * constant, value, np.zeros(1))
    if node.op == "Add":
        return add(node.named, constant)
    if node.op == "Sub" and node.data == 0:
        return ChannelFunction(node.named, lambda x: x - constant, one, -value)
    if node.op == "Sub":
        return ChannelFunction(node.named, lambda x: constant - x, -one, value)
    if node.data != 0 or not value.all():
        raise UnsupportedOperator(node.named, expected="a division by constants other than 0")
    return ChannelFunction(node.named, lambda x: x / constant, 1 / value, np.zeros(1))


def _norm(node: ForeignNode, shape: tuple[int, ...]) -> ChannelFunction:
    if node.attributes.get("training_mode", 0) or node.attributes.get("spatial", 1) != 1:
        raise UnsupportedOperator(node.named, expected="running statistics, training_mode 0", found="others")
    epsilon = np.float32(node.attributes.get("epsilon", 1e-5))
    given = [node.array(at).astype(np.float32).reshape(-1) for at in range(1, 5)]
    if {one.size for one in given} != {shape[0]}:
        raise UnsupportedOperator(node.named, expected=f"{shape[0]} numbers of each", found="others")
    scale, bias, mean, variance = (one.reshape(shape) for one in given)
    if not (variance + epsilon > 0).all():
        raise UnsupportedOperator(node.named, expected="variances above 0", found="others")
    factor = np.float32(1) / np.sqrt(variance + epsilon) * scale
    summand = bias - mean * factor
    return ChannelFunction(
        node.named, lambda x: x * factor + summand, factor.astype(np.float64), summand.astype(np.float64)
    )


def _fitting(node: ForeignNode, constant: np.ndarray, shape: tuple[int, ...]) -> Reals:
    """Return a constant that broadcasts to ``shape`` without widening it."""
    try:
        fits = np.broadcast_shapes(constant.shape, (1, *shape)) == (1, *shape)
    except ValueError:
        fits = False
    if not fits:
        raise UnsupportedOperator(
            node.named, expected="a constant, or one per channel", found=f"shape {list(constant.shape)}"
        )
    found = constant.astype(np.float32)
    return found[0] if found.ndim > len(shape) else found
