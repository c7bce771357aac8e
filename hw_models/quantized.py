"""The quantised network, in Brevitas.

It computes with the integers of the hardware: inputs are pixels, weights and activations have the widths of
the :class:`~hw_models.quant.QuantConfig`, and biases are rounded (half to even, straight-through) to the grid
of their accumulator, weight scale times input scale, so that training uses the bias that hardware adds. Batch
normalisation is folded into weights and biases before these are quantised, in training as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import brevitas.nn as qnn
import torch
from torch import Tensor, nn
from torch.nn import functional

from hw_models.calibrate import calibrate
from hw_models.floating import conv_arguments, linear_arguments, norm_arguments, passive_module
from hw_models.lowering import Operation, bit_widths, lower, mean_factors, modules_of
from hw_models.network import PIXEL_SCALE, Chain, EarlyExitNet, Unscaled, Wire, chain_of
from hw_models.quant import QuantConfig
from hw_models.quantizers import act_quantizer, weight_quantizer
from hw_models.spec import Conv, Linear, NetworkSpec
from toolkit.core.errors import BadOption, CheckpointMismatch
from toolkit.core.topology import Part


def bias_on_grid(bias: Tensor | None, weight_scale: Tensor, input_scale: Tensor) -> Tensor | None:
    """Round ``bias`` to multiples of weight scale * input scale, with the gradient of the identity.

    Args:
        bias: float [out]; None stays None.
        weight_scale: scalar, or one scale per output in any shape.
        input_scale: scalar.
    """
    # half to even (torch.round), as the exported graph and the integer bias of the hardware are rounded
    if bias is None:
        return None
    grid = (weight_scale.detach() * input_scale.detach()).reshape(-1)
    return bias + (torch.round(bias / grid) * grid - bias).detach()


class FoldedNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation that is folded, with its running statistics, into the layer before it.

    They are those of the float network, or of images for calibration, and stay in training: statistics that
    follow the batches without a gradient let the weights drift away.
    """

    fresh = True
    """Whether the statistics are still to be found."""

    def find(self, values: Tensor) -> None:
        """Take the statistics of ``values`` [N, C, ...]."""
        if values.numel() > values.shape[1]:  # one value per channel has no variance
            functional.batch_norm(values, self.running_mean, self.running_var, None, None, True, 1.0)

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self.fresh = False

    def fold(self, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return weights [out, ...] and biases [out] of a layer that normalises its outputs itself."""
        assert self.running_mean is not None
        assert self.running_var is not None
        factor = (self.running_var + self.eps).rsqrt() * (1.0 if self.weight is None else self.weight)
        shift = -self.running_mean if bias is None else bias - self.running_mean
        summand = shift * factor + (0.0 if self.bias is None else self.bias)
        return weight * factor.reshape(-1, *[1] * (weight.ndim - 1)), summand


class _WeightLayer:
    """Base of weight layers on a Wire; the output is an accumulator, not yet requantised."""

    norm: FoldedNorm | None
    training: bool
    weight: Tensor
    bias: Tensor | None
    weight_quant: Callable[[Tensor], Any]
    multiply: Callable[[Tensor, Tensor, Tensor | None], Tensor]

    def forward(self, wire: Wire) -> Wire:
        """Map values [N, C, H, W] or [N, F]; the scale is that of the accumulator."""
        values, bias = self.folded()
        weight = self.weight_quant(values)
        bias = bias_on_grid(bias, weight.scale, wire.scale)
        return Wire(self.multiply(wire.value, weight.value, bias), weight.scale * wire.scale)

    def folded(self) -> tuple[Tensor, Tensor | None]:
        """Return weights and biases with the normalisation folded into them, not yet quantised."""
        weight, bias = self.weight, self.bias
        return (weight, bias) if self.norm is None else self.norm.fold(weight, bias)

    def find_statistics(self, x: Tensor) -> None:
        """Take the statistics of inputs for a normalisation that has none yet."""
        if self.norm is not None and self.norm.fresh:
            with torch.no_grad():
                self.norm.find(self.multiply(x, self.weight, self.bias))

    def plain(self, x: Tensor) -> Tensor:
        """Apply the layer to a plain tensor with weights and bias as they are; the exporter traces this."""
        return super().forward(x)  # type: ignore[misc]


class QuantConv(_WeightLayer, qnn.QuantConv2d):
    """A quantised convolution."""

    def multiply(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return the accumulators [N, C', H', W']."""
        return functional.conv2d(x, weight, bias, self.stride, self.padding, groups=self.groups)


class QuantLinear(_WeightLayer, qnn.QuantLinear):
    """A quantised linear layer."""

    def multiply(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return the accumulators [N, F']."""
        return functional.linear(x, weight, bias)


class _Quantiser:
    """Base of activation quantisers on a Wire."""

    def forward(self, wire: Wire) -> Wire:
        """Quantise the values; the scale is the quantiser's own."""
        out = super().forward(wire.value)  # type: ignore[misc]
        return Wire(out.value, out.scale)

    def plain(self, x: Tensor) -> Tensor:
        """Quantise a plain tensor; ``return_quant_tensor`` must be False."""
        return super().forward(x)  # type: ignore[misc]


class QuantRelu(_Quantiser, qnn.QuantReLU):
    """A ReLU with an unsigned quantiser."""


class QuantSigned(_Quantiser, qnn.QuantIdentity):
    """A signed quantiser for a layer without ReLU."""


class QuantEarlyExitNet(EarlyExitNet):
    """A quantised :class:`EarlyExitNet` with its configuration."""

    def __init__(self, spec: NetworkSpec, quant: QuantConfig, chains: dict[Part, Chain]) -> None:
        super().__init__(spec, chains)
        self.quant = quant

    def prepare_input(self, x: Tensor) -> Tensor:
        """Round to whole pixels 0..255."""
        return torch.clamp(torch.round(x / PIXEL_SCALE), 0, 255) * PIXEL_SCALE

    def calibrate(self, x: Tensor) -> None:
        """Set every scale from the current weights and the images ``x`` (float, as for ``forward``)."""
        calibrate(self, x)

    def scale_parameters(self) -> list[nn.Parameter]:
        """Return the learned log2 thresholds, which an optimiser may treat apart (rate, no weight decay)."""
        return [p for name, p in self.named_parameters() if _is_scale(name)]

    def load_float(self, state: Mapping[str, Tensor]) -> None:
        """Load weights and biases of the float network; scales stay, so calibrate afterwards.

        Raises:
            CheckpointMismatch: the state belongs to another network.
        """
        own = {key: value.shape for key, value in self.state_dict().items() if not _is_scale(key)}
        given = {key: value.shape for key, value in state.items()}
        wrong = sorted(key for key in own.keys() | given.keys() if own.get(key) != given.get(key))
        if wrong:
            raise CheckpointMismatch(
                f"float weights for {self.spec.name}, parameter {wrong[0]}",
                expected=f"shape {tuple(own[wrong[0]])}" if wrong[0] in own else "no such parameter",
                found=f"shape {tuple(given[wrong[0]])}" if wrong[0] in given else "none",
            )
        self.load_state_dict(self._scaled(state, 1), strict=False)

    def unquantised(self) -> dict[str, Tensor]:
        """Return these weights as a state dict of the float network, the inverse of :meth:`load_float`."""
        state = {name: value for name, value in self.state_dict().items() if not _is_scale(name)}
        return self._scaled(state, -1)

    def _scaled(self, state: Mapping[str, Tensor], power: int) -> dict[str, Tensor]:
        paths, scaled = modules_of(self.spec), dict(state)
        for layer, factor in mean_factors(self.spec).items():
            scaled[f"{paths[layer]}.weight"] = scaled[f"{paths[layer]}.weight"] * factor**power
        return scaled


def integer_weights(net: QuantEarlyExitNet) -> dict[str, Tensor]:
    """Return the quantised weights of layers as integers, int8, by parameter name."""
    found = {}
    with torch.no_grad():
        for name, layer in _weight_layers(net):
            quantised = layer.quant_weight()
            found[f"{name}.weight"] = torch.round(quantised.value / quantised.scale).to(torch.int8)
    return found


def load_state(net: QuantEarlyExitNet, state: Mapping[str, Tensor]) -> None:
    """Load a state dict in which weights may be the integers of :func:`integer_weights`.

    Raises:
        RuntimeError: the state belongs to another network.
    """
    net.load_state_dict(dict(state))
    with torch.no_grad():
        for name, layer in _weight_layers(net):
            if state[f"{name}.weight"].dtype == torch.int8:  # their scale does not depend on them
                layer.weight.copy_(layer.weight * layer.quant_weight().scale)


def _weight_layers(net: nn.Module) -> Iterator[tuple[str, QuantConv | QuantLinear]]:
    """Yield the layers whose own weights are quantised, not those that a normalisation is folded into."""
    for name, module in net.named_modules():
        if isinstance(module, (QuantConv, QuantLinear)) and module.norm is None:
            yield name, module


def _is_scale(parameter: str) -> bool:
    return parameter.endswith("scaling_impl.value")


def _weight_module(operation: Operation, quant: QuantConfig, bits: int) -> nn.Module:
    # Logits share one scale; a normalisation has a factor per channel, which one scale would not suit.
    per_channel = (quant.per_channel or operation.norm is not None) and not operation.classifier
    options = {
        "weight_quant": weight_quantizer(quant.scaling, per_channel=per_channel),
        "weight_bit_width": bits,
    }
    module: QuantConv | QuantLinear
    if isinstance(operation.layer, Conv):
        module = QuantConv(**conv_arguments(operation.layer, operation.input_shape), **options)
    else:
        assert isinstance(operation.layer, Linear)
        module = QuantLinear(**linear_arguments(operation.layer, operation.input_shape), **options)
    arguments = norm_arguments(operation)
    module.norm = FoldedNorm(**arguments) if arguments else None
    return module


def _act_module(operation: Operation, quant: QuantConfig, bits: int) -> nn.Module:
    kind = QuantSigned if operation.signed else QuantRelu
    return kind(
        act_quant=act_quantizer(quant.scaling, signed=operation.signed),
        bit_width=bits,
        return_quant_tensor=True,
    )


def _build_chains(spec: NetworkSpec, quant: QuantConfig) -> dict[Part, Chain]:
    lowered = lower(spec)
    weights = [one for operations in lowered.values() for one in operations if one.kind == "weight"]
    unknown = sorted(set(quant.overrides) - {one.name for one in weights})
    if unknown:
        raise BadOption(
            f"bit width override of {', '.join(unknown)}",
            expected=f"one of {', '.join(one.name for one in weights)}",
        )
    bits, acts = bit_widths(spec, quant), dict[str, nn.Module]()

    def module(operation: Operation) -> nn.Module:
        if isinstance(operation.layer, (Conv, Linear)):
            return _weight_module(operation, quant, bits[operation.name])
        if operation.kind == "act":
            made = acts.get(operation.shared) or _act_module(operation, quant, bits[operation.name])
            return acts.setdefault(operation.name, made)
        return Unscaled(passive_module(operation))

    return {part: chain_of(operations, module) for part, operations in lowered.items()}


def build_quantized(spec: NetworkSpec, quant: QuantConfig | None = None) -> QuantEarlyExitNet:
    """Build the quantised network of ``spec``.

    Initial weights come from PyTorch's global generator. Scales are calibrated on noise, so that even an
    untrained network uses its integer ranges; call ``calibrate`` with real images before training.

    Raises:
        BadOption: ``quant`` names a layer that does not exist.
    """
    quant = quant or QuantConfig()
    net = QuantEarlyExitNet(spec, quant, _build_chains(spec, quant))
    noise = torch.rand(8, *spec.input_shape, generator=torch.Generator().manual_seed(0))
    net.calibrate(noise)
    return net
