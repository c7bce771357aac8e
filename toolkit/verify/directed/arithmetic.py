"""The golden arithmetic of every hardware layer by itself, from any input its stream can carry.

Everything is computed from the exported graph; nothing is shared with the code that makes thresholds and
memory images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from toolkit.compile.segment import PRODUCTS, Node
from toolkit.compose.accelerator import Accelerator
from toolkit.core.errors import ArtifactError
from toolkit.core.reading import read_onnx
from toolkit.export import ExitGraphs
from toolkit.export.ranges import Interval
from toolkit.verify.exact import QUANTISERS, Interpreter, Value
from toolkit.verify.streams import SHAPERS, depthwise, product

Ints = NDArray[np.int64]
_CHUNK = 1 << 21  # accumulators at a time, of all channels


@dataclass(frozen=True)
class GoldenLinear:
    """A convolution or linear layer of the exported graph.

    Attributes:
        weights: integers (O, C, KH, KW) or (O, F).
        bits: bits of a weight.
        scale: real value of one accumulator step, float64 [1] or [O].
        bias: bias in steps of the accumulator, float64 [O] or [1].
        low, high: range of its inputs.
        rest: the graph from the layer's sums to the next quantiser or to the logits.
    """

    weights: Ints
    bits: int
    scale: Tensor
    bias: Tensor
    low: int
    high: int
    rest: Rest

    @property
    def rows(self) -> Ints:
        """Weights of each output, (O, inputs)."""
        return self.weights.reshape(len(self.weights), -1)

    @cached_property
    def least(self) -> Ints:
        """Smallest accumulator of each output, over all inputs in range, (O,)."""
        return np.minimum(self.rows * self.low, self.rows * self.high).sum(axis=1)

    @cached_property
    def most(self) -> Ints:
        """Largest accumulator of each output, over all inputs in range, (O,)."""
        return np.maximum(self.rows * self.low, self.rows * self.high).sum(axis=1)

    @property
    def reach(self) -> tuple[int, int]:
        """Smallest and largest accumulator over all outputs; streams can carry more, which no input makes."""
        return int(self.least.min()), int(self.most.max())

    @cached_property
    def steps(self) -> Ints:
        """Every accumulator within reach with which an output of the golden quantiser rises.

        Found by asking golden about all of them, independently of how the compiler finds thresholds.

        Returns:
            int64 (n, 3), ordered: channel, first accumulator of the step, number of steps that it rises.
        """
        found, (low, high) = [np.empty((0, 3), np.int64)], self.reach
        count = max(1, _CHUNK // len(self.weights))
        for start in range(low, high, count):
            values = np.arange(start, min(start + count, high) + 1, dtype=np.int64)
            answers = self.finish(np.repeat(values[:, None], len(self.weights), axis=1))
            rises = np.diff(answers, axis=0)
            step, channel = np.nonzero(rises)
            found.append(np.stack([channel, values[step + 1], rises[step, channel]], axis=1))
        met = np.concatenate(found)
        return met[np.lexsort((met[:, 1], met[:, 0]))]

    def finish(self, accumulators: Ints) -> Ints:
        """Return what the graph makes of accumulators (N, ..., O): quantised integers, or logits."""
        sums = torch.from_numpy(np.ascontiguousarray(np.moveaxis(accumulators, -1, 1))).double()
        shape = (1, -1, *[1] * (sums.ndim - 2))
        return np.moveaxis(self.rest(Value(sums + self.bias.reshape(shape), self.scale)), 1, -1)


@dataclass(frozen=True)
class Rest:
    """Nodes of a graph up to a quantiser, or to the output."""

    interpreter: Interpreter
    first: int

    def __call__(self, value: Value) -> Ints:
        for node, operator in self.interpreter.steps[self.first :]:
            value = operator(node, value)
            if node.op_type in QUANTISERS:
                break
        return value.data.numpy().astype(np.int64)


def linear_layers(graphs: ExitGraphs) -> dict[str, GoldenLinear]:
    """Return every convolution and linear layer of a network by name, ``trunk0.conv0``.

    A quantiser without one directly before it in its segment stands under its own name, as if a layer before
    it passed on every channel.
    """
    found: dict[str, GoldenLinear] = {}
    for graph in graphs.segments.values():
        interpreter = Interpreter(read_onnx(graph.file))
        scale, given = interpreter.input_scale, Interval.of_dtype(graph.input.dtype)
        alone = True
        for index, (node, _) in enumerate(interpreter.steps):
            if node.op_type in ("Conv", "Gemm"):
                weights, weight_scale = interpreter.weights[node.input[1]]
                step = scale * weight_scale
                bias = interpreter.bias(node, step)
                integers = weights.numpy().astype(np.int64)
                rest = Rest(interpreter, index + 1)
                bits = interpreter.weight_bits(node)
                found[node.name] = GoldenLinear(integers, bits, step, bias, given.low, given.high, rest)
                alone = False
            elif node.op_type in QUANTISERS:
                if alone:
                    relu = index > 0 and interpreter.steps[index - 1][0].op_type == "Relu"
                    same = np.ones((graph.layer(node.name).shape[1], 1), np.int64)
                    rest = Rest(interpreter, index - relu)
                    none = torch.zeros(1, dtype=torch.float64)
                    found[node.name] = GoldenLinear(same, 1, scale, none, given.low, given.high, rest)
                scale, alone = interpreter.quantiser_scale(node), True
                given = Interval.of_dtype(graph.layer(node.name).dtype)
    return found


@dataclass(frozen=True)
class Place:
    """One hardware layer in its chain, with what golden says about it.

    Attributes:
        node: hardware layer.
        linear: layer of the graph whose product, threshold or bias it computes, or the quantiser alone; None
            for the other kinds.
        shape: shape of its input, channels last; of a feature map where a linear layer reads one; of both
            inputs of an adder, (2, ...).
    """

    node: Node
    linear: GoldenLinear | None
    shape: tuple[int, ...]

    def output(self, given: Ints) -> Ints:
        """Return the golden output (N, beats, lanes) for inputs (N, *shape)."""
        node, current = self.node, given
        if node.kind == "add":
            current = given.sum(axis=1)
        if node.kind in ("threshold", "bias"):
            current = self._linear.finish(given)
        elif node.kind == "mvau":
            current = product(given, self._linear.weights)
        elif node.kind == "depthwise":
            current = depthwise(given, self._linear.weights)
        elif node.kind not in ("width", "add"):
            current = SHAPERS[node.kind](given, node.attributes)
        return current.reshape(len(given), node.output.beats, node.output.lanes)

    def beats(self, given: Ints) -> list[Ints]:
        """Return inputs (N, *shape) as beats (N, beats, lanes) of the input, or of both of an adder."""
        streams = given.swapaxes(0, 1) if self.node.kind == "add" else given[None]
        return [one.reshape(len(one), self.node.input.beats, self.node.input.lanes) for one in streams]

    @property
    def _linear(self) -> GoldenLinear:
        if self.linear is None:
            raise ArtifactError(f"layer {self.node.layer}", expected="a layer of the graph", found="none")
        return self.linear


def places(accelerator: Accelerator, layers: Mapping[str, GoldenLinear]) -> list[Place]:
    """Return the layers of an accelerator with the golden arithmetic of each."""
    found: list[Place] = []
    behind: list[
        tuple[GoldenLinear | None, tuple[int, ...]]
    ] = []  # what each leaves: its layer, a map's shape
    for index, node in enumerate(accelerator.nodes):
        linear, map_shape = accelerator.inputs_of(index, behind, (None, accelerator.input.shape))[0]
        if node.kind in PRODUCTS or (node.layer in layers and node.kind == "threshold"):
            linear = layers[node.layer]
        shape = node.input.shape
        if node.kind == "mvau" and len(shape) == 1 and len(map_shape) == 3:
            shape = map_shape  # the same integers in the same order, with the places that the weights go by
        owner = linear if node.kind in (*PRODUCTS, "threshold", "bias") else None
        found.append(Place(node, owner, (2, *shape) if node.kind == "add" else shape))
        map_shape = node.output.shape if node.kind != "width" or len(node.output.shape) == 3 else map_shape
        behind.append((linear, map_shape))
    return found
