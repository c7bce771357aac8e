"""Integer thresholds that reproduce the golden quantiser exactly, ties included.

FINN converts a quantiser to thresholds and counts ``x >= t``, which rounds ties up, while PyTorch and QONNX
round half to even. With power-of-two scales ties are common, so FINN's thresholds are replaced: each one is
found by bisection over the accumulator's integers, with the golden quantiser as the function. That is exact
for any scale and any monotone rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.general.quant import quant
from qonnx.custom_op.registry import getCustomOp

from toolkit.compile.layers import layer_of
from toolkit.core.errors import UnsupportedOperator

Ints = NDArray[np.int64]
LINEAR = ("Conv", "Gemm", "MatMul")


@dataclass(frozen=True)
class GoldenQuantiser:
    """An activation quantiser of the exported QONNX as a function of the integer accumulator before it.

    Attributes:
        name: name of the layer; in a graph without marks, of the node.
        acc_scale: real value of one accumulator step, shape (C,) or (1,).
        bias: real bias, shape (C,) or (1,); it counts as the nearest number of accumulator steps.
        relu: whether a ReLU precedes the quantiser.
        scale: real value of one output step.
        bits, signed, narrow, rounding: attributes of the Quant node.
        bound: largest magnitude of an accumulator.
    """

    name: str
    acc_scale: NDArray[np.float64]
    bias: NDArray[np.float64]
    relu: bool
    scale: float
    bits: int
    signed: bool
    narrow: bool
    rounding: str
    bound: int

    @property
    def minimum(self) -> int:
        """Smallest output integer."""
        return -(2 ** (self.bits - 1)) + int(self.narrow) if self.signed else 0

    @property
    def maximum(self) -> int:
        """Largest output integer."""
        if self.signed:
            return 2 ** (self.bits - 1) - 1
        return 2**self.bits - 1 - int(self.narrow)

    def __call__(self, acc: Ints) -> Ints:
        """Quantise accumulators of shape (C, ...) to integers, as QONNX does."""
        shape = (-1,) + (1,) * (acc.ndim - 1)
        real = (acc + bias_steps(self.bias, self.acc_scale).reshape(shape)) * self.acc_scale.reshape(shape)
        if self.relu:
            real = np.maximum(real, 0.0)
        one, zero, bits = np.float64(self.scale), np.float64(0), np.float64(self.bits)
        out = quant(
            real, one, zero, bits, signed=self.signed, narrow=self.narrow, rounding_mode=self.rounding
        )
        return np.rint(out / self.scale).astype(np.int64)

    def thresholds(self) -> Ints:
        """Return the smallest accumulator of each channel that reaches each output step.

        Returns:
            int64 (C, maximum - minimum); ``bound + 1`` for a step that is never reached.
        """
        channels = max(self.acc_scale.size, self.bias.size)
        levels = np.arange(self.minimum + 1, self.maximum + 1, dtype=np.int64)[None, :]
        low = np.full((channels, levels.size), -self.bound - 1, dtype=np.int64)
        high = np.full_like(low, self.bound + 1)
        while (high - low > 1).any():
            middle = (low + high) // 2
            reached = self(middle) >= levels
            high, low = np.where(reached, middle, high), np.where(reached, low, middle)
        return high


@dataclass(frozen=True)
class GoldenTable:
    """A quantiser that is exported as integer thresholds.

    Attributes:
        name: name of the layer; in a graph without marks, of the node.
        table: thresholds, int64 (C, steps) or (1, steps).
        minimum: smallest output integer.
        bound: largest magnitude of an accumulator.
    """

    name: str
    table: Ints
    minimum: int
    bound: int

    def thresholds(self) -> Ints:
        """Return the smallest accumulator of each channel that reaches each output step."""
        return np.clip(self.table, -self.bound, self.bound + 1)


def golden_quantisers(model: ModelWrapper, input_magnitude: int) -> list[GoldenQuantiser | GoldenTable]:
    """Return every activation quantiser of a linear QONNX chain, in order.

    Args:
        model: cleaned QONNX graph taking integers; its first node scales them to real values.
        input_magnitude: largest magnitude of an input integer.

    Raises:
        UnsupportedOperator: the chain has an operator between layers that this does not understand.
    """
    found: list[GoldenQuantiser | GoldenTable] = []
    scale, magnitude = np.ones(1), input_magnitude
    bias, relu, bound = np.zeros(1), False, input_magnitude
    for node in chain(model):
        if node.op_type == "Mul":
            scale = scale * constant(model, node)
        elif node.op_type in LINEAR:
            weights, weight_scale = quantised_weights(model, node)
            axes = tuple(range(1, weights.ndim)) if node.op_type == "Conv" or _transposed(node) else (0,)
            scale = scale * weight_scale
            bound = int(np.abs(weights).sum(axis=axes).max()) * magnitude
            if len(node.input) > 2:
                bias = model.get_initializer(node.input[2]).astype(np.float64).reshape(-1)
        elif node.op_type == "Add":
            bias = bias + constant(model, node)
        elif node.op_type == "Relu":
            relu = True
        elif node.op_type == "Quant":
            q = _quantiser(model, node, scale, bias, relu, bound)
            found.append(q)
            scale, bias, relu = np.full(1, q.scale), np.zeros(1), False
            magnitude = bound = max(abs(q.minimum), q.maximum)
        elif node.op_type == "MultiThreshold":
            table = model.get_initializer(node.input[1]).astype(np.int64)
            minimum = int(getCustomOp(node).get_nodeattr("out_bias"))
            found.append(GoldenTable(layer_of(node) or node.name, table, minimum, bound))
            magnitude = bound = max(abs(minimum), minimum + table.shape[1])
        elif node.op_type not in ("MaxPool", "Flatten", "Reshape"):
            raise UnsupportedOperator(f"{node.op_type} '{node.name}'", expected="a layer with hardware")
    return found


def chain(model: ModelWrapper) -> list[NodeProto]:
    """Return the nodes on the data path from input to output, without the quantisers of weights.

    Raises:
        UnsupportedOperator: the path forks.
    """
    path, tensor = [], model.graph.input[0].name
    while (nodes := model.find_consumers(tensor)) not in (None, []):
        if len(nodes) != 1:
            raise UnsupportedOperator(f"tensor '{tensor}'", expected="one consumer", found=len(nodes))
        path.append(nodes[0])
        tensor = nodes[0].output[0]
    return path


def bias_steps(bias: NDArray[np.float64], scale: NDArray[np.float64]) -> Ints:
    """Return biases as numbers of accumulator steps, int64; they lie on that grid, as float32 can say it."""
    return np.rint(bias / scale).astype(np.int64)


def constant(model: ModelWrapper, node: NodeProto) -> NDArray[np.float64]:
    """Return the constant operand of a node, float64 flat.

    Raises:
        UnsupportedOperator: none of its operands is constant, or more than one.
    """
    values = [model.get_initializer(i) for i in node.input if model.get_initializer(i) is not None]
    if len(values) != 1:
        raise UnsupportedOperator(f"{node.op_type} '{node.name}'", expected="one constant operand")
    return np.asarray(values[0], dtype=np.float64).reshape(-1)


def _transposed(node: NodeProto) -> bool:
    return any(a.name == "transB" and a.i for a in node.attribute)


def quantised_weights(
    model: ModelWrapper, node: NodeProto
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the integer weights of a linear node, in its layout, and their scale(s), shape (C,) or (1,).

    Raises:
        UnsupportedOperator: the weights are not quantised.
    """
    producer = model.find_producer(node.input[1])
    if producer is None or producer.op_type != "Quant":
        raise UnsupportedOperator(
            f"{node.op_type} '{node.name}'", expected="quantised weights", found="plain weights"
        )
    values, scale, zero, bits = (model.get_initializer(i) for i in producer.input[:4])
    op = getCustomOp(producer)
    real = quant(
        values, scale, zero, bits,
        signed=op.get_nodeattr("signed"), narrow=op.get_nodeattr("narrow"),
        rounding_mode=op.get_nodeattr("rounding_mode"),
    )  # fmt: skip
    return np.rint(real / scale).astype(np.float64), np.asarray(scale, dtype=np.float64).reshape(-1)


def _quantiser(
    model: ModelWrapper,
    node: NodeProto,
    scale: NDArray[np.float64],
    bias: NDArray[np.float64],
    relu: bool,
    bound: int,
) -> GoldenQuantiser:
    own_scale, zero, bits = (model.get_initializer(i) for i in node.input[1:4])
    op = getCustomOp(node)
    if np.any(zero != 0) or np.size(own_scale) != 1:
        raise UnsupportedOperator(
            f"quantiser '{node.name}'",
            expected="one scale and zero point 0",
            fix="Use per-tensor activations.",
        )
    return GoldenQuantiser(
        name=layer_of(node) or node.name,
        acc_scale=scale, bias=bias, relu=relu, scale=float(np.squeeze(own_scale)),
        bits=int(np.squeeze(bits)), signed=bool(op.get_nodeattr("signed")),
        narrow=bool(op.get_nodeattr("narrow")), rounding=op.get_nodeattr("rounding_mode"), bound=bound,
    )  # fmt: skip
