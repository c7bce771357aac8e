"""The float network of a description: teacher and starting point of the quantised one.

Its parameters have the same names as those of the quantised network.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from hw_models.lowering import Operation, lower, mean_factors
from hw_models.network import EarlyExitNet, Unscaled, Wire, chain_of
from hw_models.spec import AvgPool, BatchNorm, Conv, Linear, MaxPool, NetworkSpec, Shape, pair


class FloatConv(nn.Conv2d):
    """A convolution on a Wire, with the normalisation of its outputs."""

    norm: nn.Module | None

    def forward(self, wire: Wire) -> Wire:  # type: ignore[override]
        """Map values [N, C, H, W] to [N, C', H', W']."""
        return Wire(_normed(super().forward(wire.value), self.norm), wire.scale)


class FloatLinear(nn.Linear):
    """A linear layer on a Wire, with the normalisation of its outputs."""

    norm: nn.Module | None

    def forward(self, wire: Wire) -> Wire:  # type: ignore[override]
        """Map values [N, F] to [N, F']."""
        return Wire(_normed(super().forward(wire.value), self.norm), wire.scale)


def _normed(values: Tensor, norm: nn.Module | None) -> Tensor:
    return values if norm is None else norm(values)


def conv_arguments(layer: Conv, input_shape: Shape) -> dict[str, Any]:
    """Return the constructor arguments of a convolution module."""
    return {
        "in_channels": input_shape[0],
        "out_channels": layer.out_channels,
        "kernel_size": pair(layer.kernel),
        "stride": pair(layer.stride),
        "padding": pair(layer.padding),
        "groups": layer.groups,
        "bias": layer.bias,
    }


def linear_arguments(layer: Linear, input_shape: Shape) -> dict[str, Any]:
    """Return the constructor arguments of a linear module."""
    return {"in_features": input_shape[0], "out_features": layer.out_features, "bias": layer.bias}


def passive_module(operation: Operation) -> nn.Module:
    """Return the module of a pool, average or flatten operation."""
    layer = operation.layer
    if isinstance(layer, AvgPool):
        return Average(layer, operation.input_shape[0])
    if isinstance(layer, MaxPool):
        return nn.MaxPool2d(pair(layer.kernel), layer.step, pair(layer.padding), ceil_mode=layer.ceil)
    return nn.Flatten()


def norm_arguments(operation: Operation) -> dict[str, Any] | None:
    """Return the constructor arguments of an operation's batch normalisation; None without one."""
    if operation.norm is None:
        return None
    layer = operation.norm.layer
    assert isinstance(layer, BatchNorm)
    channels = operation.output_shape[0]
    return {"num_features": channels, "eps": layer.eps, "momentum": layer.momentum, "affine": layer.affine}


class Average(nn.Module):
    """Sums over windows, channel by channel, times a power of two; exact for integers on a scale."""

    weight: Tensor

    def __init__(self, layer: AvgPool, channels: int) -> None:
        super().__init__()
        self.stride = layer.step
        weight = torch.full((channels, 1, *pair(layer.kernel)), 2.0**-layer.exponent)
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map values [N, C, H, W] to [N, C, H', W']."""
        return functional.conv2d(x, self.weight, None, self.stride, groups=len(self.weight))


def _weight_module(operation: Operation) -> nn.Module:
    module: FloatConv | FloatLinear
    if isinstance(operation.layer, Conv):
        module = FloatConv(**conv_arguments(operation.layer, operation.input_shape))
    else:
        assert isinstance(operation.layer, Linear)
        module = FloatLinear(**linear_arguments(operation.layer, operation.input_shape))
    arguments, flat = norm_arguments(operation), len(operation.output_shape) == 1
    kind = nn.BatchNorm1d if flat else nn.BatchNorm2d
    module.norm = kind(**arguments) if arguments else None
    return module


def _module(operation: Operation) -> nn.Module:
    if isinstance(operation.layer, (Conv, Linear)):
        return _weight_module(operation)
    if operation.kind == "act":
        return Unscaled(nn.Identity() if operation.signed else nn.ReLU())
    if isinstance(operation.layer, AvgPool):  # see `lowering.mean_factors`
        return Unscaled(nn.AvgPool2d(pair(operation.layer.kernel), operation.layer.step))
    return Unscaled(passive_module(operation))


def build_float(spec: NetworkSpec) -> EarlyExitNet:
    """Build the float network of ``spec``; initial weights come from PyTorch's global generator.

    Raises:
        BadOption: of :func:`~hw_models.lowering.mean_factors`.
    """
    mean_factors(spec)
    chains = {part: chain_of(operations, _module) for part, operations in lower(spec).items()}
    return EarlyExitNet(spec, chains)
