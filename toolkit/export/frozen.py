"""The integers of a trained network: what hardware will hold, and the ranges it can reach.

Freezing evaluates every quantiser once. From then on the network is a table of integers and scales, from
which the range rule is checked and datatypes are derived, and which names each layer for verification.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from hw_models import PIXEL_SCALE, QuantEarlyExitNet
from hw_models.lowering import Step, lower
from hw_models.network import Segment
from hw_models.quantized import QuantConv, QuantLinear, QuantRelu, QuantSigned
from toolkit.core.errors import RangeExceeded
from toolkit.export.ranges import EXACT_LIMIT, Interval, accumulator_interval, accumulator_magnitude


@dataclass(frozen=True)
class Feature:
    """An integer tensor between layers: qonnx type, real value of one step, shape of one frame.

    ``scale`` is float64 [1], or [channels] for the accumulator of a layer with per-channel weight scales.
    """

    dtype: str
    scale: np.ndarray
    shape: tuple[int, ...]


@dataclass(frozen=True)
class FrozenLayer:
    """One step of a segment, the tensor that leaves it and, for a weight layer, its integers.

    ``weight`` is int64 in PyTorch's shape [out, in, ...], ``weight_scale`` float64 [1] or [out], ``bias``
    int64 [out] in steps of the accumulator (zeros if the layer has none).
    """

    step: Step
    output: Feature
    weight: np.ndarray | None = None
    weight_scale: np.ndarray | None = None
    bias: np.ndarray | None = None

    def weight_values(self) -> np.ndarray:
        """Real weights, float32: integer times float32 scale, as the quantiser of PyTorch yields them."""
        assert self.weight is not None
        assert self.weight_scale is not None
        scale = self.weight_scale.astype(np.float32).reshape(-1, *[1] * (self.weight.ndim - 1))
        return self.weight.astype(np.float32) * scale

    def bias_values(self) -> np.ndarray:
        """Real biases, float32 [out]: integer times float32 grid, the very product that training adds."""
        assert self.bias is not None
        return self.bias.astype(np.float32) * self.output.scale.astype(np.float32)


@dataclass(frozen=True)
class FrozenSegment:
    """A frozen trunk or head: its input and its layers in order."""

    name: str
    input: Feature
    layers: tuple[FrozenLayer, ...]

    @property
    def output(self) -> Feature:
        """What leaves the segment."""
        return self.layers[-1].output if self.layers else self.input


def segment_modules(net: QuantEarlyExitNet) -> Iterator[tuple[str, Segment]]:
    """(name, module) of every segment in the order trunk0, head0, trunk1, ..."""
    for k, (trunk, head) in enumerate(zip(net.trunks, net.heads, strict=True)):
        yield f"trunk{k}", trunk  # type: ignore[misc]
        yield f"head{k}", head  # type: ignore[misc]


@torch.no_grad()
def freeze(net: QuantEarlyExitNet) -> dict[str, FrozenSegment]:
    """The integers of every segment of ``net``, keyed by segment name.

    Raises:
        RangeExceeded: an accumulator that float32 could not hold exactly; the message names the layer.
    """
    steps = lower(net.spec)
    feature = Feature("UINT8", np.array([PIXEL_SCALE]), net.spec.input_shape)
    frozen = {}
    for name, segment in segment_modules(net):
        frozen[name] = _freeze_segment(name, segment, steps[name], feature)
        if name.startswith("trunk"):
            feature = frozen[name].output
    return frozen


def _freeze_segment(name: str, segment: Segment, steps: tuple[Step, ...], feature: Feature) -> FrozenSegment:
    start = feature
    layers = []
    for step, module in zip(steps, segment.children(), strict=True):
        if isinstance(module, (QuantConv, QuantLinear)):
            layer = _freeze_weight(step, module, feature)
        elif isinstance(module, (QuantRelu, QuantSigned)):
            layer = FrozenLayer(step, _act_feature(step, module))
        else:
            layer = FrozenLayer(step, Feature(feature.dtype, feature.scale, step.output_shape))
        layers.append(layer)
        feature = layer.output
    return FrozenSegment(name, start, tuple(layers))


def _act_feature(step: Step, module: QuantRelu | QuantSigned) -> Feature:
    proxy = module.act_quant
    dtype = f"{'INT' if step.signed else 'UINT'}{int(proxy.bit_width())}"
    return Feature(dtype, _numpy(proxy.scale()).reshape(-1), step.output_shape)


def _freeze_weight(step: Step, module: QuantConv | QuantLinear, source: Feature) -> FrozenLayer:
    quantised = module.quant_weight()
    weight_scale = _numpy(quantised.scale).reshape(-1)
    values = _numpy(quantised.value)
    weight = np.rint(values / weight_scale.reshape(-1, *[1] * (values.ndim - 1))).astype(np.int64)
    bias = np.zeros(weight.shape[0], dtype=np.int64)
    if module.bias is not None:
        # float32 as in training, so that a tie is rounded the same way
        grid = quantised.scale.reshape(-1) * torch.tensor(source.scale, dtype=torch.float32).to(module.bias)
        bias = np.rint(_numpy(torch.round(module.bias / grid))).astype(np.int64)
    x = Interval.of_dtype(source.dtype)
    reach = accumulator_magnitude(weight, bias, x)
    if reach >= EXACT_LIMIT:
        raise RangeExceeded(
            f"accumulator of layer {step.name}",
            expected=f"sum |w| * max |x| + |b| below {EXACT_LIMIT} (exact in float32)",
            found=reach,
            fix="Use narrower weights or activations for this layer.",
        )
    dtype = accumulator_interval(weight, bias, x).tight_dtype()
    output = Feature(dtype, weight_scale * source.scale, step.output_shape)
    return FrozenLayer(step, output, weight, weight_scale, bias)


def _numpy(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().double().numpy()
