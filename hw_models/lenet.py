"""The B-LeNet family: LeNet-like networks for small images with one early exit.

Layer sizes as published with the models of earlyexitnet, after the B-LeNet of BranchyNet (arXiv 1709.01686).
``B_LENET`` is nearest to the original: it branches directly behind the first convolution, and its pools are
in ceil mode, on maps of odd sizes. In ``B_LENET_FCN`` and ``B_LENET_SE`` the first pool and ReLU lie before
the branch; ``fcn`` keeps a linear 720 -> 84 in the trunk, ``se`` classifies the 720 features directly.
``B_LENET_CIFAR`` is ``fcn`` for colour images.
"""

from __future__ import annotations

from hw_models.spec import Conv, Flatten, Layer, Linear, MaxPool, NetworkSpec, Relu

_CEIL = MaxPool(2, ceil=True)

B_LENET = NetworkSpec(
    name="b_lenet",
    input_shape=(1, 28, 28),
    outputs=10,
    trunks=(
        (Conv(5, kernel=5, padding=3),),
        (
            *(MaxPool(2), Relu()),
            *(Conv(10, kernel=5, padding=3), _CEIL, Relu()),
            *(Conv(20, kernel=5, padding=3), _CEIL, Relu()),
            *(Flatten(), Linear(84)),
        ),
    ),
    heads=(
        (
            *(MaxPool(2), Relu()),
            *(Conv(10, kernel=3, padding=1), _CEIL, Relu()),
            *(Flatten(), Linear(10, bias=False)),
        ),
        (Linear(10, bias=False),),
    ),
    exit_weights=(1.0, 0.3),
)

_TRUNK0: tuple[Layer, ...] = (Conv(5, kernel=5, padding=4), MaxPool(2), Relu())
_HEAD0: tuple[Layer, ...] = (Conv(10, kernel=3, padding=1), MaxPool(2), Relu(), Flatten(), Linear(10))
_TRUNK1: tuple[Layer, ...] = (
    Conv(10, kernel=5, padding=4),
    MaxPool(2),
    Relu(),
    Conv(20, kernel=5, padding=3),
    MaxPool(2),
    Relu(),
)

B_LENET_FCN = NetworkSpec(
    name="b_lenet_fcn",
    input_shape=(1, 28, 28),
    outputs=10,
    trunks=(_TRUNK0, (*_TRUNK1, Flatten(), Linear(84))),
    heads=(_HEAD0, (Linear(10),)),
    exit_weights=(1.0, 0.3),
)

B_LENET_SE = NetworkSpec(
    name="b_lenet_se",
    input_shape=(1, 28, 28),
    outputs=10,
    trunks=(_TRUNK0, _TRUNK1),
    heads=(_HEAD0, (Flatten(), Linear(10))),
    exit_weights=(1.0, 0.3),
)

B_LENET_CIFAR = NetworkSpec(
    name="b_lenet_cifar",
    input_shape=(3, 32, 32),
    outputs=10,
    trunks=((Conv(5, kernel=5, padding=2), *_TRUNK0[1:]), B_LENET_FCN.trunks[1]),
    heads=B_LENET_FCN.heads,
    exit_weights=(1.0, 0.3),
)
