"""Which layers of PyTorch the description has, and why others are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from hw_models.spec import AvgPool, BatchNorm, Conv, Dropout, Flatten, Layer, Linear, MaxPool, Relu, pair

SUPPORTED = (
    "Conv2d (groups=1 or depthwise, dilation=1, padded with zeros), Linear, BatchNorm1d and BatchNorm2d "
    "behind them, MaxPool2d (dilation=1), AvgPool2d, AdaptiveAvgPool2d (to equal windows), ReLU, Flatten, "
    "Dropout, Identity, and their functions, and "
    "residual blocks: the sum of two branches from one map"
)
"""What a user's network may consist of, for messages."""


class Refused(Exception):
    """A layer that the description does not have; the text says what about it."""


def _by(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))


@dataclass(frozen=True)
class Adaptive:
    """An average pool with outputs of a size, which the shape of its input makes a layer."""

    size: Any

    def of(self, shape: Sequence[int]) -> AvgPool:
        """Return the layer for an input (C, H, W); raises :class:`Refused`."""
        sizes = self.size if isinstance(self.size, (tuple, list)) else (self.size, self.size)
        wanted = [size if one is None else one for one, size in zip(sizes, shape[1:], strict=True)]
        if any(one < 1 or size % one for one, size in zip(wanted, shape[1:], strict=True)):
            raise Refused(f"windows that differ, from {_by(shape[1:])} to {_by(wanted)}")
        height, width = (size // one for one, size in zip(wanted, shape[1:], strict=True))
        return AvgPool((height, width))


Known = Layer | Adaptive | type[Flatten] | None
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


def _average(
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: Any = None,
) -> Layer:
    if any(pair(padding)) or ceil_mode or divisor_override:
        raise Refused("padding, ceil_mode or divisor_override")
    return AvgPool(pair(kernel_size), pair(stride) if stride else None)


def _average_module(module: nn.AvgPool2d) -> Layer:
    sizes = (module.kernel_size, module.stride, module.padding)
    return _average(*sizes, module.ceil_mode, module.count_include_pad, module.divisor_override)


def _mean(dim: Any = None, keepdim: bool = False, **_: Any) -> Known:
    axes = sorted(one % 4 for one in (dim if isinstance(dim, (tuple, list)) else (dim,)) if one is not None)
    if axes != [2, 3] or not keepdim:
        raise Refused("other than over height and width with keepdim=True; flatten the map behind it")
    return Adaptive(1)


MODULES: Mapping[type[nn.Module], Callable[[Any], Known]] = {
    nn.Conv2d: _conv,
    nn.Linear: _linear,
    nn.BatchNorm1d: _norm,
    nn.BatchNorm2d: _norm,
    nn.MaxPool2d: _pool_module,
    nn.AvgPool2d: _average_module,
    nn.AdaptiveAvgPool2d: lambda module: Adaptive(module.output_size),
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
    functional.avg_pool2d: _average,
    functional.adaptive_avg_pool2d: Adaptive,
    functional.dropout: _dropout,
    torch.max_pool2d: _pool,
    **dict.fromkeys((torch.mean, Tensor.mean), _mean),
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
