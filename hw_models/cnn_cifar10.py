"""Six convolutions for small colour images: without early exits, and with two attached to it."""

from __future__ import annotations

from hw_models.attach import with_exits
from hw_models.spec import Conv, Flatten, Layer, Linear, MaxPool, NetworkSpec, Relu


def _pair_of_convs(channels: int) -> tuple[Layer, ...]:
    conv = Conv(channels, kernel=3, padding=1)
    return (conv, Relu(), conv, Relu(), MaxPool(2))


CNN_CIFAR10 = NetworkSpec(
    name="cnn_cifar10",
    input_shape=(3, 32, 32),
    outputs=10,
    trunks=(
        (
            *(*_pair_of_convs(32), *_pair_of_convs(64), *_pair_of_convs(128)),
            *(Flatten(), Linear(1024), Relu(), Linear(512), Relu()),
        ),
    ),
    heads=((Linear(10),),),
    exit_weights=(1.0,),
)

CNN_CIFAR10_EE = with_exits(
    CNN_CIFAR10,
    "cnn_cifar10_ee",
    after=("trunk0.pool0", "trunk0.pool1"),
    head=(Conv(32, kernel=3, padding=1, stride=2), Relu(), MaxPool(2), Flatten(), Linear(10)),
    exit_weights=(1.0, 1.0, 1.0),
)
