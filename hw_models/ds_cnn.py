"""DS-CNN of MLPerf Tiny's keyword spotting, with two early exits.

Layer sizes of MLPerf Tiny (arXiv 2106.07597): 49 points in time x 10 coefficients, 12 classes. The idea of an
exit behind each of the first blocks is T-RECX's (arXiv 2207.06613). PyTorch pads both sides of the first
convolution alike, where the original pads one column less before the map; sizes are the same.
"""

from __future__ import annotations

from hw_models.spec import AvgPool, BatchNorm, Conv, Flatten, Layer, Linear, NetworkSpec, Relu

_CHANNELS, _CLASSES = 64, 12


def _separable() -> tuple[Layer, ...]:
    depthwise = Conv(_CHANNELS, 3, padding=1, groups=_CHANNELS)
    return depthwise, BatchNorm(), Relu(), Conv(_CHANNELS, 1), BatchNorm(), Relu()


_FIRST = (Conv(_CHANNELS, (10, 4), padding=(5, 1), stride=2), BatchNorm(), Relu())
_HEAD = (AvgPool((25, 5)), Flatten(), Linear(_CLASSES))

DS_CNN = NetworkSpec(
    name="ds_cnn",
    input_shape=(1, 49, 10),
    outputs=_CLASSES,
    trunks=((*_FIRST, *_separable()), _separable(), (*_separable(), *_separable())),
    heads=(_HEAD, _HEAD, _HEAD),
    exit_weights=(1.0, 1.0, 1.0),
)
