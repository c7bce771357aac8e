"""ResNet-8 of MLPerf Tiny with two early exits, for small colour images.

Three stacks of one residual block, as in MLPerf Tiny's image classification (arXiv 2106.07597); the idea of
an exit behind each of the first two stacks is T-RECX's (arXiv 2207.06613).
"""

from __future__ import annotations

from hw_models.residual import Element, Residual
from hw_models.spec import AvgPool, BatchNorm, Conv, Flatten, Layer, Linear, NetworkSpec, Relu


def _conv(channels: int, stride: int = 1) -> tuple[Layer, ...]:
    return Conv(channels, 3, padding=1, stride=stride, bias=False), BatchNorm()


def _stack(channels: int, stride: int) -> tuple[Element, ...]:
    main = (*_conv(channels, stride), Relu(), *_conv(channels))
    shortcut = (Conv(channels, 1, stride=stride),) if stride > 1 else ()
    return Residual(main, shortcut), Relu()


def _head(channels: int) -> tuple[Layer, ...]:
    return *_conv(channels, stride=2), Relu(), AvgPool(4), Flatten(), Linear(10)


RESNET8 = NetworkSpec(
    name="resnet8",
    input_shape=(3, 32, 32),
    outputs=10,
    trunks=((*_conv(16), Relu(), *_stack(16, 1)), _stack(32, 2), _stack(64, 2)),
    heads=(_head(32), _head(32), (AvgPool(8), Flatten(), Linear(10))),
    exit_weights=(1.0, 1.0, 1.0),
)
