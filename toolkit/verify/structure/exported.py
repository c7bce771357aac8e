"""The integers of an exported graph, layer by layer: weights, biases, thresholds and geometry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, prod
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from toolkit.core.errors import UnsupportedOperator
from toolkit.core.reading import read_onnx
from toolkit.export import Graph

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True)
class LinearConstants:
    """A convolution or a fully connected layer.

    Attributes:
        name: layer.
        weights: int64 (outputs, inputs), inputs in stream order: kernel row, kernel column, channel; for a
            flattened map row, column, channel.
        bias: one per output, in accumulator steps, if no quantiser follows; None: no bias, or in thresholds.
        signed: whether inputs can be negative.
        low, high: smallest and largest accumulator without bias, int64 (outputs,).
        geometry: channels, height, width, kernel, stride and padding (top, left, bottom, right) of a
            convolution by parameter of ``offramp_window``; empty for a fully connected layer.
        depthwise: whether each output has inputs of its own, those of its channel.
    """

    name: str
    weights: Ints
    bias: tuple[int, ...] | None
    signed: bool
    low: Ints
    high: Ints
    geometry: dict[str, int]
    depthwise: bool = False


@dataclass(frozen=True)
class QuantiserConstants:
    """An activation quantiser behind integer accumulators.

    Attributes:
        name: layer.
        minimum: smallest output integer.
        thresholds: smallest accumulator that reaches each output integer above it, int64 (channels, steps);
            limited to ``low`` (always reached) and ``high + 1`` (never).
        low, high: smallest and largest accumulator of each channel, int64 (channels,).
    """

    name: str
    minimum: int
    thresholds: Ints
    low: Ints
    high: Ints


@dataclass(frozen=True)
class PoolConstants:
    """A max-pooling; ``geometry`` by parameter of ``offramp_maxpool_lines``."""

    name: str
    geometry: dict[str, int]


LayerConstants = LinearConstants | QuantiserConstants | PoolConstants


def layers(graph: Graph) -> list[LayerConstants]:
    """Return the layers of an exported segment in order.

    Raises:
        UnsupportedOperator: the graph has an operator that no exported graph has.
    """
    return list(_Walk(graph).layers())


class _Walk:
    """The state of the value between two nodes: shape, integer range, real value of a step."""

    def __init__(self, graph: Graph) -> None:
        model = read_onnx(graph.file)
        self.nodes = model.graph.node
        self.constants = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
        self.made = {node.output[0]: node for node in self.nodes}
        self.shape = tuple(graph.input.shape[1:])
        self.flattened: tuple[int, ...] | None = None  # shape before a flatten
        signed = graph.input.dtype.startswith("INT")
        bits = int(graph.input.dtype.removeprefix("U").removeprefix("INT"))
        ends = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
        self.low, self.high = (np.array([end]) for end in ends)
        self.scale: Reals = np.ones(1)
        self.bias: Reals | None = None
        self.relu = False

    def layers(self) -> Iterator[LayerConstants]:
        following = [node for node in self.nodes if node.input[0] not in self.constants]
        for node, behind in zip(following, [*following[1:], None], strict=True):
            if node.op_type == "Mul":
                self.scale = self.scale * float(self.constants[node.input[1]])
            elif node.op_type in ("Conv", "Gemm"):
                yield self._linear(node, logits=behind is not None and behind.op_type == "Mul")
            elif node.op_type == "Relu":
                self.relu = True
            elif node.op_type == "Quant":
                yield self._quantiser(node)
            elif node.op_type == "MultiThreshold":
                yield self._table(node)
            elif node.op_type == "MaxPool":
                yield self._pool(node)
            elif node.op_type == "Flatten":
                self.flattened, self.shape = self.shape, (prod(self.shape),)
            else:
                raise UnsupportedOperator(f"{node.op_type} '{node.name}'", expected="an exported graph's")

    def _linear(self, node: onnx.NodeProto, *, logits: bool) -> LinearConstants:
        weights, scale = self._weights(self.made[node.input[1]])
        geometry: dict[str, int] = {}
        if node.op_type == "Conv":
            geometry = self._window(node, weights.shape)
            rows = weights.transpose(0, 2, 3, 1)
        elif self.flattened is not None and len(self.flattened) == 3:
            rows = weights.reshape(-1, *self.flattened).transpose(0, 2, 3, 1)
        else:
            rows = weights
        matrix = rows.reshape(len(rows), -1)
        signed = int(self.low.min()) < 0
        ends = matrix * int(self.low.min()), matrix * int(self.high.max())
        self.low, self.high = (pick(*ends).sum(axis=1) for pick in (np.minimum, np.maximum))
        self.scale = self.scale * scale
        self.bias, self.relu, self.flattened = None, False, None
        if len(node.input) > 2:
            self.bias = self.constants[node.input[2]].astype(np.float64).reshape(-1)
        if node.op_type == "Gemm":
            self.shape = (len(matrix),)
        steps = self._bias_steps(len(matrix)) if logits and self.bias is not None else None
        depthwise = _attributes(node).get("group", 1) > 1
        return LinearConstants(node.name, matrix, steps, signed, self.low, self.high, geometry, depthwise)

    def _weights(self, quant: onnx.NodeProto) -> tuple[Ints, Reals]:
        values, scale, _, bits = (self.constants[name].astype(np.float64) for name in quant.input[:4])
        high = 2 ** (int(bits) - 1) - 1
        low = -high if _attributes(quant)["narrow"] else -high - 1
        return np.clip(np.rint(values / scale), low, high).astype(np.int64), scale.reshape(-1)

    def _bias_steps(self, outputs: int) -> tuple[int, ...]:
        assert self.bias is not None
        pairs = zip(np.broadcast_to(self.bias, outputs), np.broadcast_to(self.scale, outputs), strict=True)
        return tuple(round(Fraction(float(bias)) / Fraction(float(step))) for bias, step in pairs)

    def _quantiser(self, node: onnx.NodeProto) -> QuantiserConstants:
        step, _, bits = (self.constants[name].item() for name in node.input[1:4])
        attributes, bits = _attributes(node), int(bits)
        signed, narrow = bool(attributes["signed"]), int(attributes["narrow"])
        minimum = -(1 << (bits - 1)) + narrow if signed else 0
        maximum = (1 << (bits - 1)) - 1 if signed else (1 << bits) - 1 - narrow
        channels = max(map(np.size, (self.low, self.scale, 0.0 if self.bias is None else self.bias)))
        bias = (0,) * channels if self.bias is None else self._bias_steps(channels)
        scale, low, high = (np.broadcast_to(one, channels) for one in (self.scale, self.low, self.high))
        levels = range(minimum + 1, maximum + 1)
        rule = [_Rule(float(s), b, float(step), self.relu) for s, b in zip(scale, bias, strict=True)]
        found = [
            [rule[c].threshold(level, int(low[c]), int(high[c])) for level in levels] for c in range(channels)
        ]
        self.low, self.high = np.array([minimum]), np.array([maximum])
        self.scale, self.bias, self.relu = np.array([float(step)]), None, False
        return QuantiserConstants(node.name, minimum, np.array(found, np.int64), low, high)

    def _table(self, node: onnx.NodeProto) -> QuantiserConstants:
        given = self.constants[node.input[1]].astype(np.int64)
        minimum = int(_attributes(node)["out_bias"])
        channels = max(map(np.size, (self.low, given[:, 0])))
        low, high = (np.broadcast_to(one, channels) for one in (self.low, self.high))
        found = np.clip(given, low[:, None], high[:, None] + 1)
        self.low, self.high = np.array([minimum]), np.array([minimum + given.shape[1]])
        return QuantiserConstants(node.name, minimum, found, low, high)

    def _window(self, node: onnx.NodeProto, weights: tuple[int, ...]) -> dict[str, int]:
        attributes, (channels, *size) = _attributes(node), self.shape
        kernel, stride, pads = weights[2:], attributes["strides"], attributes["pads"]
        out = ((size[i] + pads[i] + pads[i + 2] - kernel[i]) // stride[i] + 1 for i in (0, 1))
        self.shape = (weights[0], *out)
        return {"CHANNELS": channels, **_geometry(size, kernel, stride), **_sides(pads)}

    def _pool(self, node: onnx.NodeProto) -> PoolConstants:
        attributes, (channels, *size) = _attributes(node), self.shape
        kernel, stride, pads = (attributes[name] for name in ("kernel_shape", "strides", "pads"))
        out = ((size[i] + pads[i] + pads[i + 2] - kernel[i]) // stride[i] + 1 for i in (0, 1))
        self.shape = (channels, *out)
        geometry = {"CHANNELS": channels, **_geometry(size, kernel, stride), **_sides(pads)}
        return PoolConstants(node.name, geometry)


@dataclass(frozen=True)
class _Rule:
    """What a quantiser makes of one channel's accumulator: steps of ``step`` of ``(x + bias) * scale``."""

    scale: float
    bias: int
    step: float
    relu: bool

    def __call__(self, x: int) -> int:
        real = (x + self.bias) * self.scale
        return round(max(real, 0.0) / self.step if self.relu else real / self.step)  # half to even

    def threshold(self, level: int, low: int, high: int) -> int:
        """Return the smallest x with ``self(x) >= level``, between ``low`` and ``high + 1``.

        The exact real border is tried first. In binary64 it may lie a step further, so it is moved until
        self(t - 1) < level <= self(t).
        """
        border = Fraction(2 * level - 1, 2) * Fraction(self.step) / Fraction(self.scale) - self.bias
        # A tie is rounded to the even level.
        found = min(max(ceil(border) if level % 2 == 0 else floor(border) + 1, low), high + 1)
        while found > low and self(found - 1) >= level:
            found -= 1
        while found <= high and self(found) < level:
            found += 1
        return found


def _geometry(size: Any, kernel: Any, stride: Any) -> dict[str, int]:
    named = {"": size, "KERNEL": kernel, "STRIDE": stride}
    return {
        ({"H": "HEIGHT", "W": "WIDTH"}[side] if not name else f"{name}_{side}"): int(value)
        for name, pair in named.items()
        for side, value in zip("HW", pair, strict=True)
    }


def _sides(pads: Any) -> dict[str, int]:
    return dict(zip(("PAD_TOP", "PAD_LEFT", "PAD_BOTTOM", "PAD_RIGHT"), map(int, pads), strict=True))


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {one.name: helper.get_attribute_value(one) for one in node.attribute}
