"""The small network of Triple Wins (arXiv 2002.10025) for grey images of digits, with one early exit.

Layer sizes as published with the models of earlyexitnet. Convolutions have no padding; head 0 has no ReLU.
"""

from __future__ import annotations

from hw_models.spec import Conv, Flatten, Linear, MaxPool, NetworkSpec, Relu

TW_SMALLCNN = NetworkSpec(
    name="tw_smallcnn",
    input_shape=(1, 28, 28),
    outputs=10,
    trunks=(
        (Conv(32, kernel=3), Relu()),
        (
            *(Conv(32, kernel=3), Relu(), MaxPool(2)),
            *(Conv(64, kernel=3), Relu()),
            *(Conv(64, kernel=3), Relu(), MaxPool(2)),
            *(Flatten(), Linear(200), Relu(), Linear(200), Relu()),
        ),
    ),
    heads=(
        (
            *(Conv(16, kernel=3, stride=2), MaxPool(2)),
            *(Flatten(), Linear(200), Linear(200), Linear(10)),
        ),
        (Linear(10),),
    ),
    exit_weights=(1.0, 1.0),
)
