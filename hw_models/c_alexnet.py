"""The AlexNet for street view house numbers of earlyexitnet, with one early exit: 11.6 million parameters."""

from __future__ import annotations

from hw_models.spec import Conv, Flatten, Linear, MaxPool, NetworkSpec, Relu

_POOL = MaxPool(3, stride=2)

C_ALEXNET_SVHN = NetworkSpec(
    name="c_alexnet_svhn",
    input_shape=(3, 32, 32),
    outputs=10,
    trunks=(
        (
            *(Conv(64, kernel=3, padding=2), Relu(), _POOL),
            *(Conv(192, kernel=3, padding=2), Relu(), _POOL),
            *(Conv(384, kernel=3, padding=1), Relu()),
        ),
        (
            *(Conv(256, kernel=3, padding=1), Relu()),
            *(Conv(256, kernel=3, padding=1), Relu(), _POOL),
            *(Flatten(), Linear(2048), Relu(), Linear(2048), Relu()),
        ),
    ),
    heads=(
        (Conv(128, kernel=3, padding=1), Relu(), _POOL, Flatten(), Linear(10)),
        (Linear(10),),
    ),
    exit_weights=(1.0, 1.0),
)
