"""B-AlexNet: an AlexNet for small colour images with two early exits.

Layer sizes as published with the models of earlyexitnet, after BranchyNet's B-AlexNet (arXiv 1709.01686).
The convolution of the second exit has no ReLU: its pool and the classifier behind it read signed integers.
"""

from __future__ import annotations

from hw_models.spec import Conv, Dropout, Flatten, Linear, MaxPool, NetworkSpec, Relu

_POOL = MaxPool(3, stride=2)

B_ALEXNET_CIFAR = NetworkSpec(
    name="b_alexnet_cifar",
    input_shape=(3, 32, 32),
    outputs=10,
    trunks=(
        (Conv(32, kernel=5, padding=2), Relu(), _POOL),
        (
            *(Conv(64, kernel=5, padding=2), Relu(), _POOL),
            *(Conv(96, kernel=3, padding=1), Relu()),
        ),
        (
            *(Conv(96, kernel=3, padding=1), Relu()),
            *(Conv(64, kernel=3, padding=1), Relu(), _POOL),
            *(Flatten(), Linear(256), Relu()),
            *(Dropout(), Linear(128), Relu()),
        ),
    ),
    heads=(
        (
            *(Conv(64, kernel=3, padding=1), Relu(), _POOL),
            *(Conv(32, kernel=3, padding=1), Relu(), _POOL),
            *(Flatten(), Linear(10)),
        ),
        (_POOL, Conv(32, kernel=3, padding=1), _POOL, Flatten(), Linear(10)),
        (Dropout(), Linear(10)),
    ),
    exit_weights=(1.0, 1.0, 1.0),
)
