"""Folds a chain into integers: weights, and thresholds that equal the quantisers between the layers.

Between two layers with weights stands a function per channel (batch normalisation, scales, ReLU) and a
quantiser. Together they make an integer of each accumulator. Where that falls as the accumulator rises, the
signs of the weights are turned; then thresholds say the same, and each is found by bisection over
the accumulator's integers, with the file's own functions as qonnx computes them. Max-pools commute with that.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod

import numpy as np
from numpy.typing import NDArray
from qonnx.core.datatype import DataType

from toolkit.core.errors import UnsupportedOperator
from toolkit.export.foreign.chain import AFFINE, WEIGHTED, ForeignChain, ForeignNode
from toolkit.export.foreign.functions import ChannelFunction, add, divide, function_of
from toolkit.export.foreign.layers import (
    IntegerLayer,
    conv_layer,
    flatten_layer,
    linear_layer,
    pool_layer,
)
from toolkit.export.foreign.quantisers import (
    CLIPPING,
    MOST_BITS,
    ForeignQuantiser,
    Quantised,
    quantiser_of,
)
from toolkit.export.ranges import EXACT_LIMIT, Interval, require_exact

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]
PIXELS = Interval(0, 255)
FIX = "Add a quantiser between them, or see docs/qonnx.md."


@dataclass(frozen=True)
class Folded:
    """The integers of a file.

    Attributes:
        layers: in order; the input is uint8.
        scale, offset: output of the file is integer * scale + offset, float64 [classes].
        exact: see :class:`toolkit.export.foreign.record.ForeignFile`.
    """

    layers: tuple[IntegerLayer, ...]
    scale: Doubles
    offset: Doubles
    exact: bool


def fold(chain: ForeignChain, shape: tuple[int, int, int], unit: int) -> Folded:
    """Fold a chain.

    Args:
        shape: shape of a picture; a file with a flat input gets it flattened.
        unit: pixel that is 1.0 at the file's input; 1: pixels are the input.

    Raises:
        UnsupportedOperator: layers that have no integers, each named.
        RangeExceeded: float32 cannot hold an accumulator.
    """
    state = _State(shape, chain.shape, unquantised=chain.dtype != "UINT8")
    if unit != 1:
        state.functions.append(divide(unit))
    for node in chain.nodes:
        state.take(node)
    return state.finish()


@dataclass
class _State:
    """The value between two nodes: integers times a scale, and functions that are still to be applied."""

    shape: tuple[int, ...]
    expected: tuple[int, ...]
    layers: list[IntegerLayer] = field(default_factory=list)
    functions: list[ChannelFunction] = field(default_factory=list)
    late: list[IntegerLayer] = field(default_factory=list)
    """Pools and flattening behind a layer whose quantiser follows."""
    pooled_after: int | None = None
    """Number of functions before the first of those pools."""
    linear: IntegerLayer | None = None
    """Layer with weights whose quantiser follows."""
    scale: Doubles = field(default_factory=lambda: np.ones(1))
    low: Ints = field(default_factory=lambda: np.array([PIXELS.low]))
    high: Ints = field(default_factory=lambda: np.array([PIXELS.high]))
    dtype: str = "UINT8"
    exact: bool = True
    unquantised: bool = False
    """Whether the input's real numbers have not met a quantiser."""

    def __post_init__(self) -> None:
        self.inner = self.shape  # shape of what the functions are applied to
        if len(self.expected) == 1:
            self._reshape(IntegerLayer("flatten", (prod(self.shape),)))
        if self.shape != self.expected:
            expected = "x".join(map(str, self.expected))
            raise UnsupportedOperator("input", expected=expected, found="x".join(map(str, self.shape)))

    def take(self, node: ForeignNode) -> None:
        """Go on to the next node."""
        if node.op in WEIGHTED:
            self._weights(node)
        elif node.op in CLIPPING:
            given = [node.array(at) for at in sorted(node.constants)]
            try:
                quantiser = quantiser_of(node.op, node.attributes, given, self._channels())
            except UnsupportedOperator as error:
                raise error.renamed(f"{error.what} of {node.named}") from None
            self._quantise(node.named, quantiser)
        elif node.op in AFFINE:
            self.functions.append(function_of(node, self._channels()))
        elif node.op == "MaxPool":
            self._reshape(pool_layer(node, self.shape))
        elif node.op in ("Flatten", "Reshape"):
            layer = flatten_layer(node, self.shape)
            if len(self.shape) > 1:
                self._reshape(layer)

    def finish(self) -> Folded:
        """Return the layers once all nodes are taken."""
        if len(self.shape) != 1 or any(layer.kind == "pool" for layer in self.late):
            raise UnsupportedOperator("the end", expected="a MatMul or Gemm as the last layer with weights")
        factor, summand = self._affine("the output")
        step = self.scale * factor
        if self.linear is not None:
            summand = self._emit_logits(step, summand)
        else:
            self._emit_late()
        weighted = [at for at, layer in enumerate(self.layers) if layer.kind in ("conv", "linear")]
        if not weighted or all(layer.kind == "flatten" for layer in self.layers[: weighted[-1]]):
            raise UnsupportedOperator("layers", expected="at least two, or a quantiser of the input")
        if self.layers[weighted[-1]].kind != "linear":
            raise UnsupportedOperator("the end", expected="a MatMul or Gemm as the last layer with weights")
        wide = np.ones(self.shape[0])
        return Folded(tuple(self.layers), step * wide, summand * wide, self.exact)

    def _channels(self) -> tuple[int, ...]:
        """Return the shape of constants per channel: (C, 1, 1), (F,), or (1,) behind a late flatten."""
        if self.inner != self.shape and any(layer.kind == "flatten" for layer in self.late):
            return (1,)
        return (self.inner[0], *[1] * (len(self.inner) - 1))

    # -- layers with weights

    def _weights(self, node: ForeignNode) -> None:
        if self.unquantised:
            raise UnsupportedOperator(
                "input",
                expected="a quantiser behind it, or the annotation UINT8 for pixels 0 to 255",
                found=f"real numbers, which {node.named} reads",
            )
        if self.linear is not None:
            raise UnsupportedOperator(
                node.named, expected="integers from a quantiser", found="outputs of another layer", fix=FIX
            )
        self._settle(node)
        weights = node.constants[1]
        assert isinstance(weights, Quantised)
        if node.op == "MatMul" or (node.op == "Gemm" and not node.attributes.get("transB", 0)):
            weights = weights.shaped(np.transpose)
        layer = (conv_layer if node.op == "Conv" else linear_layer)(node, self.shape, weights.values)
        scale = weights.scale_along(0)
        self.exact &= _powers_of_two(scale) and _powers_of_two(self.scale)
        rows = weights.values.reshape(len(weights.values), -1)
        ends = rows * int(self.low.min()), rows * int(self.high.max())
        x = Interval(int(self.low.min()), int(self.high.max()))
        self.reach = require_exact(node.named, rows, np.zeros(len(rows), np.int64), x)
        self.low, self.high = (pick(*ends).sum(axis=1) for pick in (np.minimum, np.maximum))
        self.scale = self.scale * scale
        self.linear, self.shape, self.inner = layer, layer.shape, layer.shape
        if 2 in node.constants:
            self._add_bias(node)

    def _add_bias(self, node: ForeignNode) -> None:
        bias = node.array(2).astype(np.float32).reshape(-1)
        if bias.size not in (1, self.shape[0]):
            raise UnsupportedOperator(node.named, expected=f"{self.shape[0]} biases", found=bias.size)
        steps = bias / self.scale
        self.exact &= bool((steps == np.rint(steps)).all() and (np.abs(steps) < EXACT_LIMIT).all())
        self.functions.append(add(f"bias of {node.named}", bias.reshape(-1, *[1] * (len(self.shape) - 1))))

    def _settle(self, node: ForeignNode) -> None:
        """Apply the functions behind a quantiser: only a factor can be, and a ReLU that does nothing."""
        if int(self.low.min()) >= 0:
            self.functions = [one for one in self.functions if one.factor is not None]
        factor, summand = self._affine(node.named)
        if factor.size != 1 or summand.any() or factor.reshape(-1)[0] <= 0:
            names = ", ".join(one.named for one in self.functions)
            raise UnsupportedOperator(
                node.named, expected="integers from a quantiser", found=f"{names} between", fix=FIX
            )
        self.functions, self.scale = [], self.scale * factor.reshape(-1)
        self._emit_late()

    def _affine(self, named: str) -> tuple[Doubles, Doubles]:
        """Return factor and summand of the functions together, [channels] or [1]."""
        factor, summand = np.ones(1), np.zeros(1)
        for one in self.functions:
            if one.factor is None or one.summand is None:
                raise UnsupportedOperator(
                    named, expected=f"a quantiser behind {one.named}", found="none", fix=FIX
                )
            factor, summand = factor * one.factor, summand * one.factor + one.summand
        return factor.reshape(-1), summand.reshape(-1)

    def _emit_logits(self, step: Doubles, summand: Doubles) -> Doubles:
        """Emit the last layer, with a bias if all summands are whole steps; return what is left of them."""
        assert self.linear is not None
        steps = np.broadcast_to(np.rint(summand / step), self.shape)
        near = np.abs(steps * step - summand) <= np.abs(summand) * 2.0**-23  # as float32 can say it
        whole = bool(near.all() and (np.abs(steps) + self.reach < EXACT_LIMIT).all())
        bias = steps.astype(np.int64) if whole and steps.any() else None
        low, high = (end if bias is None else end + bias for end in (self.low, self.high))
        dtype = Interval(int(low.min()), int(high.max())).tight_dtype()
        self.layers.append(replace(self.linear.checked(), bias=bias, dtype=dtype))
        return summand if bias is None else np.zeros(1)

    # -- quantisers

    def _quantise(self, named: str, quantiser: ForeignQuantiser) -> None:
        bits = DataType[quantiser.dtype].bitwidth()
        if bits > MOST_BITS:
            raise UnsupportedOperator(named, expected=f"at most {MOST_BITS} bits", found=quantiser.dtype)
        self.exact &= _powers_of_two(np.array([quantiser.step]))
        self._rise(named)
        table = self._thresholds(named, quantiser)
        channels = Interval.of_dtype(quantiser.dtype)
        same = np.array_equal(np.unique(table, axis=0), np.arange(channels.low + 1, channels.high + 1)[None])
        if self.linear is not None:
            layer, dtype = self.linear.checked(), Interval(int(self.low.min()), int(self.high.max()))
            self.layers += [
                replace(layer, dtype=dtype.tight_dtype()),
                IntegerLayer("quant", layer.shape, quantiser.dtype, table=table),
            ]
        elif not (same and quantiser.dtype == self.dtype):
            self.layers.append(IntegerLayer("quant", self.inner, quantiser.dtype, table=table))
        self.linear, self.functions, self.dtype, self.unquantised = None, [], quantiser.dtype, False
        self.scale = np.array([quantiser.step])
        self.low, self.high = np.array([quantiser.low]), np.array([quantiser.high])
        self._emit_late()

    def _real(self, integers: Ints, functions: list[ChannelFunction]) -> NDArray[np.float32]:
        """Return what functions make of integers [C, K], as [K, C, ...]."""
        values = (integers * self.scale.reshape(-1, 1)).astype(np.float32).T
        values = values.reshape(*values.shape, *[1] * (len(self.inner) - 1))
        with np.errstate(over="ignore", invalid="ignore"):
            for one in functions:
                values = np.asarray(one.compute(values), np.float32)
        return values

    def _wide(self, rows: int = 1) -> tuple[Ints, Ints]:
        """Return smallest and largest integer of every channel, or of all alike."""
        constants = [one.factor for one in self.functions if one.factor is not None]
        constants += [one.summand for one in self.functions if one.summand is not None]
        alike = self.linear is None and rows == 1 and all(one.size == 1 for one in constants)
        channels = 1 if alike else self.inner[0]
        low, high = (np.broadcast_to(end, channels).copy() for end in (self.low, self.high))
        return low, high

    def _rise(self, named: str) -> None:
        """Turn the signs of weights whose outputs fall as their accumulators rise."""
        low, high = self._wide()
        first = self.functions[: self.pooled_after]
        ends = self._real(np.stack([low, high], axis=1), first)
        ends = ends.reshape(2, -1)
        falling = ends[1] < ends[0]
        if falling.any():
            if self.linear is None:
                raise UnsupportedOperator(named, expected="a function that rises with its input")
            assert self.linear.weight is not None
            signs = np.where(falling, -1, 1)
            weight = self.linear.weight * signs.reshape(-1, *[1] * (self.linear.weight.ndim - 1))
            self.linear = replace(self.linear, weight=weight)
            self.scale = self.scale * signs
            self.low, self.high = np.where(falling, -high, low), np.where(falling, -low, high)

    def _thresholds(self, named: str, quantiser: ForeignQuantiser) -> Ints:
        """Return the smallest integer of each channel that reaches each output; else the next larger one."""
        low, high = (end[:, None] for end in self._wide(quantiser.rows))
        carried = Interval.of_dtype(quantiser.dtype)
        levels = np.arange(carried.low + 1, carried.high + 1)[None, :]

        def made(integers: Ints) -> Ints:
            found = quantiser(self._real(integers, self.functions))
            return found.reshape(found.shape[0], -1).T

        ends = made(np.concatenate([low, high], axis=1))
        if (ends[:, 1] < ends[:, 0]).any():
            raise UnsupportedOperator(
                named,
                expected="functions behind a max-pool that rise with their input",
                found="one that falls",
            )
        below = np.broadcast_to(low - 1, (len(low), levels.size)).copy()
        above = np.broadcast_to(high + 1, below.shape).copy()
        while (above - below > 1).any():
            middle = (below + above) // 2
            reached = made(middle) >= levels
            above, below = np.where(reached, middle, above), np.where(reached, below, middle)
        return above

    # -- shapes

    def _reshape(self, layer: IntegerLayer) -> None:
        if layer.kind == "pool" and self.pooled_after is None:
            self.pooled_after = len(self.functions)
        self.late.append(layer)
        self.shape = layer.shape
        # A flattening waits in any case: nothing but a layer with weights may follow it.
        if self.linear is None and not self.functions and layer.kind == "pool":
            self._emit_late()

    def _emit_late(self) -> None:
        self.layers += [replace(layer, dtype=self.dtype) for layer in self.late]
        self.late, self.inner, self.pooled_after = [], self.shape, None


def _powers_of_two(scale: Doubles) -> bool:
    return bool((np.frexp(np.abs(scale))[0] == 0.5).all())
