"""Initial scales of quantisers, chosen to minimise the squared quantisation error."""

from __future__ import annotations

import torch
from brevitas.nn import QuantIdentity, QuantReLU
from brevitas.nn.quant_layer import QuantWeightBiasInputOutputLayer
from torch import Tensor, nn

_SAMPLES = 1 << 16  # values per tensor that the search evaluates
_OCTAVES = 7


def _exponents(peak: Tensor, *, po2: bool) -> Tensor:
    """Return candidate log2 thresholds, [candidates, groups], from just above the largest magnitude down."""
    top = torch.ceil(torch.log2(peak.clamp_min(2.0**-20)))
    step = 1.0 if po2 else 0.125
    return top - torch.arange(0, _OCTAVES + step, step)[:, None]


def best_exponent(values: Tensor, bits: int, *, signed: bool, narrow: bool, po2: bool) -> Tensor:
    """Return the log2 threshold that quantises ``values`` [groups, n] with the least squared error, [groups].

    The integer range is that of the Brevitas quantisers: a power-of-two threshold is one step beyond the
    largest integer, a float one lies on it.
    """
    low = -(2 ** (bits - 1)) + narrow if signed else 0
    high = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    levels = 2 ** (bits - 1 if signed else bits) if po2 else max(high, -low)
    peak = values.abs().amax(dim=1) if signed else values.amax(dim=1)
    best = torch.full_like(peak, torch.inf)
    answer = torch.zeros_like(peak)
    for exponent in _exponents(peak, po2=po2):
        scale = (torch.exp2(exponent) / levels)[:, None]
        quantised = torch.clamp(torch.round(values / scale), low, high) * scale
        error = ((quantised - values) ** 2).mean(dim=1)
        better = error < best
        best = torch.where(better, error, best)
        answer = torch.where(better, exponent, answer)
    return answer


def _set_weight(layer: QuantWeightBiasInputOutputLayer, x: Tensor, *, po2: bool) -> None:
    layer.find_statistics(x)
    value = layer.weight_quant.tensor_quant.scaling_impl.value
    groups = value.numel()
    weight = layer.folded()[0].detach().reshape(groups, -1)
    bits = int(layer.weight_quant.bit_width())
    value.copy_(best_exponent(weight, bits, signed=True, narrow=True, po2=po2).reshape(value.shape))


def _set_act(act: QuantIdentity | QuantReLU, x: Tensor, *, po2: bool) -> None:
    proxy = act.act_quant
    signed = bool(proxy.is_signed)
    values = x.detach().reshape(1, -1)
    values = values[:, :: max(1, values.shape[1] // _SAMPLES)]
    if not signed:
        values = values.clamp_min(0)
    value = proxy.fused_activation_quant_proxy.tensor_quant.scaling_impl.value
    exponent = best_exponent(values, int(proxy.bit_width()), signed=signed, narrow=False, po2=po2)
    value.copy_(exponent.reshape(value.shape))


@torch.no_grad()
def calibrate(net: nn.Module, x: Tensor) -> None:
    """Set every weight and activation scale of the quantised network ``net``, in order of the data flow.

    Batch normalisations without statistics get those of ``x``.

    Args:
        net: a network from ``build_quantized``.
        x: images, float [N, C, H, W], real values; some tens are enough.
    """
    po2 = net.quant.scaling == "po2"  # type: ignore[union-attr]
    hooks = []
    for module in net.modules():
        if isinstance(module, QuantWeightBiasInputOutputLayer):
            hooks.append(
                module.register_forward_pre_hook(
                    lambda layer, inputs: _set_weight(layer, inputs[0].value, po2=po2)
                )
            )
        elif isinstance(module, (QuantIdentity, QuantReLU)):
            hooks.append(
                # A forward pass runs in order of the data flow, so each hook sees inputs that are already
                # quantised with the scales set before it.
                module.register_forward_pre_hook(lambda act, inputs: _set_act(act, inputs[0].value, po2=po2))
            )
    training = net.training
    try:
        net.eval()
        net(x)
    finally:
        net.train(training)
        for hook in hooks:
            hook.remove()
