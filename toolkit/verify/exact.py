"""Executes an exported QONNX graph on integers.

With float scales, float32 execution is not a reference: its result near a rounding boundary depends on the
order of summation. Here the graph is computed as hardware can compute it: sums and biases are integers, and
each quantiser rounds ``(sum + bias) * scale`` half to even in float64. With power-of-two scales the result
equals that of any other exact execution, and serves as a second implementation of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor
from torch.nn import functional

from toolkit.core.errors import UnsupportedOperator

QUANTISERS = ("Quant", "MultiThreshold")
"""Operators that make integers of sums."""


@dataclass(frozen=True)
class Value:
    """A tensor of integers.

    Attributes:
        data: float32, exact below 2**24 and fast in convolutions.
        scale: real value of one integer step, float64 [1], or [channels] along axis 1.
    """

    data: Tensor
    scale: Tensor

    def reals(self) -> Tensor:
        """Return real values, float64."""
        return self.data.double() * _along_channels(self.scale, self.data)


def _along_channels(vector: Tensor, like: Tensor) -> Tensor:
    return vector.reshape(1, -1, *[1] * (like.ndim - 2))


class Interpreter:
    """An interpreter of one integer graph."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.graph = model.graph
        self.constants = {init.name: numpy_helper.to_array(init) for init in model.graph.initializer}
        self.weights = {
            node.output[0]: self._weight(node)
            for node in model.graph.node
            if node.op_type == "Quant" and node.input[0] in self.constants
        }
        operators: dict[str, Callable[..., Value]] = {
            "Conv": self._linear,
            "Gemm": self._linear,
            "Quant": self._quant,
            "MultiThreshold": self._thresholds,
            "Relu": lambda node, x: Value(x.data.clamp_min(0), x.scale),
            "Flatten": lambda node, x: Value(x.data.flatten(1), x.scale),
            "MaxPool": self._pool,
            "Add": self._add,
        }
        self.steps = [
            (node, operators.get(node.op_type, self._refuse))
            for node in model.graph.node
            if node.output[0] not in self.weights and node.op_type != "Mul"
        ]
        self.first, self.last = model.graph.node[0], model.graph.node[-1]

    def __call__(self, x: np.ndarray, wanted: Collection[str]) -> dict[str, np.ndarray]:
        """Return the integers of the ``wanted`` tensors and of the graph's output, int64 [N, ...] by name.

        Args:
            x: input integers [N, ...].
            wanted: names of tensors between layers, in the order of the result.
        """
        made = {self.first.output[0]: Value(torch.from_numpy(x.astype(np.float32)), self.input_scale)}
        for node, operator in self.steps:
            made[node.output[0]] = operator(node, *(made[name] for name in node.input if name in made))
        found = {name: _int64(made[name].data) for name in wanted}
        return found | {self.last.output[0]: _int64(made[self.last.input[0]].data)}

    @property
    def input_scale(self) -> Tensor:
        """Real value of one step of the input, float64 [1]."""
        return torch.tensor([float(self.constants[self.first.input[1]])], dtype=torch.float64)

    def bias(self, node: onnx.NodeProto, scale: Tensor) -> Tensor:
        """Return the bias of a linear node in steps of its accumulator: whole numbers, float64 [out] or [1].

        Args:
            scale: real value of one step, float64 [1] or [out].
        """
        if len(node.input) <= 2:
            return torch.zeros(1, dtype=torch.float64)
        return torch.round(torch.from_numpy(self.constants[node.input[2]].astype(np.float64)) / scale)

    def weight_bits(self, node: onnx.NodeProto) -> int:
        """Return the bits of a weight of a linear node."""
        quantiser = next(each for each in self.graph.node if node.input[1] in each.output)
        return int(self.constants[quantiser.input[3]].item())

    def quantiser_scale(self, node: onnx.NodeProto) -> Tensor:
        """Return the real value of one step of an activation quantiser, float64 [1]; of thresholds, 1."""
        if node.op_type == "MultiThreshold":
            return torch.ones(1, dtype=torch.float64)
        return torch.tensor([self.constants[node.input[1]].item()], dtype=torch.float64)

    def _weight(self, node: onnx.NodeProto) -> tuple[Tensor, Tensor]:
        """Return integers (float32) and scale (float64 [1] or [out]) of a weight tensor."""
        values, scale, _, bits = (self.constants[name].astype(np.float64) for name in node.input)
        attributes = _attributes(node)
        high = 2 ** (bits - 1) - 1
        integers = np.clip(np.rint(values / scale), -high if attributes["narrow"] else -high - 1, high)
        return torch.from_numpy(integers.astype(np.float32)), torch.from_numpy(scale.reshape(-1))

    def _linear(self, node: onnx.NodeProto, x: Value) -> Value:
        weight, weight_scale = self.weights[node.input[1]]
        if node.op_type == "Conv":
            attributes = _attributes(node)
            top, left, bottom, right = attributes["pads"]
            padded = functional.pad(x.data, (left, right, top, bottom))
            groups = attributes.get("group", 1)
            sums = functional.conv2d(padded, weight, stride=attributes["strides"], groups=groups)
        else:
            sums = functional.linear(x.data, weight)
        scale = x.scale * weight_scale
        sums = sums + _along_channels(self.bias(node, scale).float(), sums)
        return Value(sums, scale)

    def _quant(self, node: onnx.NodeProto, x: Value) -> Value:
        scale, bits = self.quantiser_scale(node), self.constants[node.input[3]].item()
        signed = _attributes(node)["signed"]
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
        integers = torch.round(x.reals() / scale).clamp(low, high)
        return Value(integers.float(), scale)

    def _thresholds(self, node: onnx.NodeProto, x: Value) -> Value:
        channels = x.data.shape[1]
        table = torch.from_numpy(self.constants[node.input[1]].astype(np.float64))
        rows = x.data.double().transpose(0, 1).reshape(channels, -1).contiguous()
        table = table.expand(channels, -1).contiguous()
        count = torch.searchsorted(table, rows, right=True)  # thresholds of a channel rise
        shape = x.data.transpose(0, 1).shape
        data = count.reshape(shape).transpose(0, 1).float() + _attributes(node)["out_bias"]
        return Value(data.contiguous(), self.quantiser_scale(node))

    def _pool(self, node: onnx.NodeProto, x: Value) -> Value:
        attributes = _attributes(node)
        top, left, bottom, right = attributes["pads"]
        padded = functional.pad(x.data, (left, right, top, bottom), value=-torch.inf)
        return Value(
            functional.max_pool2d(padded, attributes["kernel_shape"], attributes["strides"]), x.scale
        )

    def _add(self, node: onnx.NodeProto, x: Value, other: Value) -> Value:
        if not torch.equal(x.scale, other.scale):
            found = f"{x.scale.tolist()} and {other.scale.tolist()}"
            raise UnsupportedOperator(f"{node.op_type} '{node.name}'", expected="one scale", found=found)
        return Value(x.data + other.data, x.scale)

    def _refuse(self, node: onnx.NodeProto, x: Value) -> Value:
        raise UnsupportedOperator(
            f"{node.op_type} '{node.name}'", expected="an operator of an exported graph"
        )


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {attr.name: helper.get_attribute_value(attr) for attr in node.attribute}


def _int64(tensor: Tensor) -> np.ndarray:
    return tensor.numpy().astype(np.int64)
