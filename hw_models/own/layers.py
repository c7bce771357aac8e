"""Which layers of PyTorch the description has, and why others are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from hw_models.spec import AvgPool, BatchNorm, Conv, Dropout, Flatten, Layer, Linear, MaxPool, Relu, pair

SUPPORTED = (
    "Conv2d (groups=1 or depthwise, dilation=1, padded with zeros), Linear, BatchNorm1d and BatchNorm2d "
    "behind them, MaxPool2d (dilation=1), AvgPool2d (over a power of two), ReLU, Flatten, Dropout, Identity, "
    "and their functions, and "
    "residual blocks: the sum of two branches from one map"
)
"""What a user's network may consist of, for messages."""


class Refused(Exception):
    """A layer that the description does not have; the text says what about it."""


Known = Layer | type[Flatten] | None
"""A layer; ``Flatten`` itself for one whose shapes say what it does; None for one that does nothing."""


def _same(module: nn.Conv2d) -> tuple[int, int]:
    """Return the padding of ``padding="same"``."""
    if any(size % 2 == 0 for size in module.kernel_size):
        raise Refused("padding='same' with an even kernel")
    return module.kernel_size[0] // 2, module.kernel_size[1] // 2


def _conv(module: Any) -> Layer:
    depthwise = module.groups == module.in_channels == module.out_channels
    wrong = [
        f"{name}={value}"
        for name, value, good in (
            ("groups", module.groups, module.groups if depthwise else 1),
            ("dilation", module.dilation, (1, 1)),
            ("padding_mode", module.padding_mode, "zeros"),
        )
        if value != good
    ]
    if wrong:
        raise Refused(", ".join(wrong))
    padding = module.padding
    if isinstance(padding, str):
        padding = _same(module) if padding == "same" else 0
    kernel, stride = pair(module.kernel_size), pair(module.stride)
    bias = module.bias is not None
    return Conv(module.out_channels, kernel, pair(padding), stride, bias, module.groups)


def _linear(module: nn.Linear) -> Layer:
    return Linear(module.out_features, module.bias is not None)


def _norm(module: Any) -> Layer:
    if not module.track_running_stats:
        raise Refused("track_running_stats=False")
    if module.momentum is None:
        raise Refused("momentum=None")
    return BatchNorm(module.eps, module.momentum, module.affine)


def _pool(
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Layer:
    if tuple(pair(dilation)) != (1, 1):
        raise Refused(f"dilation={dilation}")
    if return_indices:
        raise Refused("return_indices=True")
    return MaxPool(pair(kernel_size), pair(stride) if stride else None, pair(padding), ceil_mode)


def _pool_module(module: nn.MaxPool2d) -> Layer:
    sizes = (module.kernel_size, module.stride, module.padding, module.dilation)
    return _pool(*sizes, module.ceil_mode, module.return_indices)


def _average(module: nn.AvgPool2d) -> Layer:
    kernel = pair(module.kernel_size)
    if any(pair(module.padding)) or module.ceil_mode or module.divisor_override:
        raise Refused("padding, ceil_mode or divisor_override")
    if prod(kernel) & (prod(kernel) - 1):
        raise Refused(f"kernel {kernel[0]}x{kernel[1]}, which is no power of two")
    return AvgPool(kernel, pair(module.stride) if module.stride else None)


MODULES: Mapping[type[nn.Module], Callable[[Any], Known]] = {
    nn.Conv2d: _conv,
    nn.Linear: _linear,
    nn.BatchNorm1d: _norm,
    nn.BatchNorm2d: _norm,
    nn.MaxPool2d: _pool_module,
    nn.AvgPool2d: _average,
    nn.ReLU: lambda _: Relu(),
    nn.Flatten: lambda _: Flatten,
    nn.Dropout: lambda module: Dropout(module.p) if module.p else None,
    nn.Identity: lambda _: None,
}
"""The layers of PyTorch that there are; of subclasses the layer they are of."""


def _dropout(p: float = 0.5, training: bool = True, inplace: bool = False) -> Known:
    return Dropout(p) if training and p else None


_FLATTENS = (
    torch.flatten,
    torch.reshape,
    torch.squeeze,
    Tensor.flatten,
    Tensor.view,
    Tensor.reshape,
    Tensor.squeeze,
)

FUNCTIONS: Mapping[Any, Callable[..., Known]] = {
    **{
        one: lambda **_: Relu()
        for one in (functional.relu, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_)
    },
    **{one: lambda *_, **__: Flatten for one in _FLATTENS},
    **{one: lambda *_, **__: None for one in (Tensor.contiguous, Tensor.float, Tensor.clone)},
    functional.max_pool2d: _pool,
    functional.dropout: _dropout,
    torch.max_pool2d: _pool,
}
"""The functions that there are, of their arguments but for the first, the tensor."""


def of_module(module: nn.Module) -> Known:
    """Return the layer that a module is.

    Raises:
        Refused: the description has no such layer.
    """
    kind = next((kind for kind in type(module).__mro__ if kind in MODULES), None)
    if kind is None:
        raise Refused("")
    return MODULES[kind](module)


def of_function(target: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Known:
    """Return the layer that a call is; a method's ``target`` is its name; raises :class:`Refused`."""
    function = getattr(Tensor, target, None) if isinstance(target, str) else target
    if function not in FUNCTIONS:
        raise Refused("")
    return FUNCTIONS[function](*args[1:], **{name: one for name, one in kwargs.items() if name != "input"})
