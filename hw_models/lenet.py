"""The B-LeNet family: LeNet-like networks for 28x28 grey images with one early exit.

Layer sizes as published with the ``B_Lenet_fcn`` and ``B_Lenet_se`` models of earlyexitnet, after the B-LeNet
of BranchyNet (arXiv 1709.01686). The two differ in where the last hidden linear layer sits: ``fcn`` keeps a
linear 720 -> 84 in the trunk, ``se`` classifies the 720 features directly.
"""

from __future__ import annotations

from hw_models.spec import Conv, Flatten, Layer, Linear, MaxPool, NetworkSpec, Relu

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
    classes=10,
    trunks=(_TRUNK0, (*_TRUNK1, Flatten(), Linear(84))),
    heads=(_HEAD0, (Linear(10),)),
    exit_weights=(1.0, 0.3),
)

B_LENET_SE = NetworkSpec(
    name="b_lenet_se",
    input_shape=(1, 28, 28),
    classes=10,
    trunks=(_TRUNK0, _TRUNK1),
    heads=(_HEAD0, (Flatten(), Linear(10))),
    exit_weights=(1.0, 0.3),
)
