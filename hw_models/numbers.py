"""A network for several digits per frame, a B-LeNet with six groups of outputs.

One group per place of a number (Goodfellow and others, arXiv 1312.6082), each of the ten digits and none; one
early exit behind the first convolution. The layer of 192 in trunk 1 finds where the number begins.
"""

from __future__ import annotations

from hw_models.spec import Conv, Flatten, Linear, MaxPool, NetworkSpec, Relu

_PLACES, _CHARACTERS = 6, 11
_OUTPUTS = _PLACES * _CHARACTERS

B_LENET_NUMBERS = NetworkSpec(
    name="b_lenet_numbers",
    input_shape=(1, 16, 64),
    outputs=_OUTPUTS,
    trunks=(
        (Conv(8, kernel=5, padding=2), MaxPool(2), Relu()),
        (
            *(Conv(24, kernel=5, padding=2), MaxPool(2), Relu()),
            *(Conv(48, kernel=3, padding=1), MaxPool(2), Relu()),
            *(Flatten(), Linear(192), Relu()),
        ),
    ),
    heads=(
        (Conv(8, kernel=3, padding=1), MaxPool(2), Relu(), Flatten(), Linear(_OUTPUTS)),
        (Linear(_OUTPUTS),),
    ),
    exit_weights=(1.0, 1.0),
    task="sequence",
    groups=_PLACES,
)
