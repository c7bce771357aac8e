"""Brevitas quantisers with one learned threshold each.

Every quantiser owns a parameter ``value`` = log2 of the threshold at which it saturates (for per-channel
weights, one per output channel). With power-of-two scaling it is rounded to a whole number before use, with a
straight-through gradient. It is rounded, not rounded up as by default in Brevitas, so that an integral
initial value does not change at the first step of the optimiser. The parameter exists from construction on,
so a state dict is always complete.
"""

from __future__ import annotations

from brevitas.core.function_wrapper import RoundSte
from brevitas.inject import ExtendedInjector
from brevitas.inject.enum import RestrictValueType, ScalingImplType
from brevitas.quant.fixed_point import (
    Int8ActPerTensorFixedPoint,
    Int8WeightPerChannelFixedPoint,
    Int8WeightPerTensorFixedPoint,
    Uint8ActPerTensorFixedPoint,
)

from hw_models.quant import Scaling


class _Learned(ExtendedInjector):
    scaling_impl_type = ScalingImplType.PARAMETER
    scaling_init = 1.0
    restrict_value_float_to_int_impl = RoundSte


class _Free(_Learned):
    # 2 to the power of a real parameter, so that the threshold stays positive whatever the optimiser does
    restrict_scaling_type = RestrictValueType.LOG_FP


class WeightPo2(_Learned, Int8WeightPerTensorFixedPoint):
    """Signed narrow-range weights, one power-of-two scale."""


class WeightPo2PerChannel(_Learned, Int8WeightPerChannelFixedPoint):
    """Signed narrow-range weights, a power-of-two scale per output channel."""


class WeightFloat(_Free, Int8WeightPerTensorFixedPoint):
    """Signed narrow-range weights, one float scale."""


class WeightFloatPerChannel(_Free, Int8WeightPerChannelFixedPoint):
    """Signed narrow-range weights, a float scale per output channel."""


class SignedActPo2(_Learned, Int8ActPerTensorFixedPoint):
    """Signed activations, one power-of-two scale."""


class UnsignedActPo2(_Learned, Uint8ActPerTensorFixedPoint):
    """Unsigned activations, one power-of-two scale."""


class SignedActFloat(_Free, Int8ActPerTensorFixedPoint):
    """Signed activations, one float scale."""


class UnsignedActFloat(_Free, Uint8ActPerTensorFixedPoint):
    """Unsigned activations, one float scale."""


def weight_quantizer(scaling: Scaling, *, per_channel: bool) -> type[ExtendedInjector]:
    """Return the weight quantiser for these options."""
    if scaling == "po2":
        return WeightPo2PerChannel if per_channel else WeightPo2
    return WeightFloatPerChannel if per_channel else WeightFloat


def act_quantizer(scaling: Scaling, *, signed: bool) -> type[ExtendedInjector]:
    """Return the activation quantiser for these options."""
    if scaling == "po2":
        return SignedActPo2 if signed else UnsignedActPo2
    return SignedActFloat if signed else UnsignedActFloat
