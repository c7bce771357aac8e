"""The integers of a trained network, and the ranges that its accumulators can reach.

Freezing evaluates every quantiser once. The result is a table of integers and scales per named layer, from
which the range rule is checked and data types are derived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from hw_models.lowering import Operation, lower
from hw_models.network import PIXEL_SCALE, Chain
from hw_models.quantized import QuantConv, QuantEarlyExitNet, QuantLinear, QuantRelu, QuantSigned
from hw_models.spec import AvgPool, pair
from toolkit.core.errors import BadOption, RangeExceeded
from toolkit.core.topology import Part
from toolkit.export.ranges import EXACT_LIMIT, Interval, accumulator_interval, require_exact

LARGEST_SCALE = 2.0**100
"""Scales beyond it, or below its inverse, are refused: float32 could not hold the values they belong to."""


@dataclass(frozen=True)
class Feature:
    """An integer tensor between layers.

    Attributes:
        dtype: qonnx integer type, ``UINT4``.
        scale: real value of one step, float64 [1], or [channels] for the accumulator of a layer with
            per-channel weight scales.
        shape: shape of one frame.
    """

    dtype: str
    scale: np.ndarray
    shape: tuple[int, ...]


@dataclass(frozen=True)
class FrozenLayer:
    """One operation of a segment and, for a weight layer, its integers.

    Attributes:
        operation: operation as described.
        output: tensor that the operation computes.
        weight: int64 in PyTorch's shape [out, in, ...]; None for other layers, as the next two.
        weight_scale: float64 [1] or [out].
        bias: int64 [out], in steps of the accumulator; zeros for a layer without bias.
    """

    operation: Operation
    output: Feature
    weight: np.ndarray | None = None
    weight_scale: np.ndarray | None = None
    bias: np.ndarray | None = None

    def weight_values(self) -> np.ndarray:
        """Return real weights, float32: integer times float32 scale, as PyTorch's quantiser computes them."""
        assert self.weight is not None
        assert self.weight_scale is not None
        scale = self.weight_scale.astype(np.float32).reshape(-1, *[1] * (self.weight.ndim - 1))
        return self.weight.astype(np.float32) * scale

    def bias_values(self) -> np.ndarray:
        """Return real biases, float32 [out], nearest to integer times scale."""
        assert self.bias is not None
        return (self.bias * self.output.scale).astype(np.float32)


@dataclass(frozen=True)
class FrozenSegment:
    """A frozen part: its input and its layers in order; ``sources``: parts whose output, or sum, it reads."""

    part: Part
    input: Feature
    layers: tuple[FrozenLayer, ...]
    sources: tuple[Part, ...] = ()

    @property
    def output(self) -> Feature:
        """Tensor that the segment computes."""
        return self.layers[-1].output if self.layers else self.input


@torch.no_grad()
def freeze(net: QuantEarlyExitNet) -> dict[Part, FrozenSegment]:
    """Return the integers of every segment of ``net``, in order.

    Raises:
        RangeExceeded: float32 cannot hold an accumulator exactly, or a number is not finite; names the layer.
        BadOption: a batch normalisation is in training mode; names it.
    """
    operations, topology = lower(net.spec), net.spec.topology
    image = Feature("UINT8", np.array([PIXEL_SCALE]), net.spec.input_shape)
    frozen: dict[Part, FrozenSegment] = {}
    for part in topology:
        sources = topology.sources(part)
        given = [frozen[source].output for source in sources]
        feature = _sum(given) if len(given) > 1 else next(iter(given), image)
        layers = _freeze_layers(net.chain(part), operations[part], feature)
        frozen[part] = FrozenSegment(part, feature, layers, sources)
    return frozen


def _sum(features: Sequence[Feature]) -> Feature:
    """Return the sum of integers of one type, on one scale."""
    one, *others = features
    assert all(other.dtype == one.dtype and np.array_equal(other.scale, one.scale) for other in others)
    return replace(one, dtype=f"INT{int(one.dtype.removeprefix('INT')) + 1}")


def _freeze_layers(
    chain: Chain, operations: tuple[Operation, ...], feature: Feature
) -> tuple[FrozenLayer, ...]:
    layers = []
    for operation, module in zip(operations, chain.children(), strict=True):
        if isinstance(module, (QuantConv, QuantLinear)):
            layer = _freeze_weight(operation, module, feature)
        elif isinstance(module, (QuantRelu, QuantSigned)):
            layer = FrozenLayer(operation, _act_feature(operation, module))
        elif isinstance(operation.layer, AvgPool):
            layer = _freeze_average(operation, operation.layer, feature)
        else:
            layer = FrozenLayer(operation, Feature(feature.dtype, feature.scale, operation.output_shape))
        layers.append(layer)
        feature = layer.output
    return tuple(layers)


def _act_feature(operation: Operation, module: QuantRelu | QuantSigned) -> Feature:
    proxy = module.act_quant
    dtype = f"{'INT' if operation.signed else 'UINT'}{int(proxy.bit_width())}"
    scale = _require_scale(operation.name, _numpy(proxy.scale()).reshape(-1))
    return Feature(dtype, scale, operation.output_shape)


def _freeze_average(operation: Operation, layer: AvgPool, source: Feature) -> FrozenLayer:
    """Return an average as a depthwise convolution with weights of 1, the division as their scale."""
    channels = operation.input_shape[0]
    weight = np.ones((channels, 1, *pair(layer.kernel)), np.int64)
    weight_scale, bias = np.array([2.0**-layer.exponent]), np.zeros(channels, np.int64)
    x = Interval.of_dtype(source.dtype)
    output = Feature(
        accumulator_interval(weight, bias, x).tight_dtype(),
        source.scale * weight_scale,
        operation.output_shape,
    )
    return FrozenLayer(operation, output, weight, weight_scale, bias)


def _freeze_weight(operation: Operation, module: QuantConv | QuantLinear, source: Feature) -> FrozenLayer:
    if operation.norm is not None and module.norm is not None and module.norm.training:
        raise BadOption(
            f"batch normalisation {operation.norm.name}",
            expected="evaluation mode, in which its statistics stand still",
            found="training mode",
            fix="Call eval() of the network before the export.",
        )
    folded, real_bias = module.folded()
    quantised = module.weight_quant(folded)
    weight_scale = _require_scale(f"weights of {operation.name}", _numpy(quantised.scale).reshape(-1))
    scale = _require_scale(operation.name, weight_scale * source.scale)
    values = _numpy(quantised.value)
    weight = _integers(operation, "weights", values / weight_scale.reshape(-1, *[1] * (values.ndim - 1)))
    bias = np.zeros(weight.shape[0], dtype=np.int64)
    if real_bias is not None:
        # float32 and half to even as in training, so that every tie is rounded the same way
        grid = quantised.scale.reshape(-1) * torch.tensor(source.scale, dtype=torch.float32).to(real_bias)
        bias = _integers(operation, "biases", _numpy(torch.round(real_bias / grid)))
    x = Interval.of_dtype(source.dtype)
    require_exact(f"layer {operation.name}", weight, bias, x)
    dtype = accumulator_interval(weight, bias, x).tight_dtype()
    layer = FrozenLayer(operation, Feature(dtype, scale, operation.output_shape), weight, weight_scale, bias)
    held = np.rint(layer.bias_values() / scale)
    if not np.array_equal(held, bias):
        raise RangeExceeded(
            f"biases of layer {operation.name} in steps of their scale",
            expected="numbers that float32 tells apart, below 2**23",
            found=np.abs(bias).max(),
            fix="Use power-of-two scales, or train again.",
        )
    return layer


def _integers(operation: Operation, what: str, steps: np.ndarray) -> np.ndarray:
    """Round numbers of steps to int64; refuse NaN, and what no accumulator in range can hold."""
    wrong = steps[~(np.abs(steps) < EXACT_LIMIT)]
    if wrong.size:
        raise RangeExceeded(
            f"{what} of layer {operation.name} in steps of their scale",
            expected=f"finite numbers below {EXACT_LIMIT}",
            found=f"{wrong[0]:g}",
            fix="Was the training successful? Train again, or with wider weights and activations.",
        )
    return np.rint(steps).astype(np.int64)


def _require_scale(what: str, scale: np.ndarray) -> np.ndarray:
    wrong = scale[~((scale >= 1 / LARGEST_SCALE) & (scale <= LARGEST_SCALE))]
    if wrong.size:
        raise RangeExceeded(
            f"scale of {what}",
            expected=f"a number from {1 / LARGEST_SCALE} to {LARGEST_SCALE}",
            found=float(wrong[0]),
            fix="Was the training successful? Train again.",
        )
    return scale


def _numpy(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().double().numpy()
