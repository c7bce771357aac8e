"""The autoencoder of MLPerf Tiny's anomaly detection: its outputs are its input again.

Layer sizes of MLPerf Tiny (arXiv 2106.07597), 640-128x4-8-128x4-640, for 5 spectra in a row of 128 bands.
"""

from __future__ import annotations

from hw_models.spec import BatchNorm, Flatten, Layer, Linear, NetworkSpec, Relu

_SHAPE = (1, 5, 128)
_HIDDEN = (*[128] * 4, 8, *[128] * 4)


def _hidden(features: int) -> tuple[Layer, ...]:
    return Linear(features), BatchNorm(), Relu()


AUTOENCODER = NetworkSpec(
    name="autoencoder",
    input_shape=_SHAPE,
    outputs=640,
    trunks=((Flatten(), *(layer for features in _HIDDEN for layer in _hidden(features))),),
    heads=((Linear(640),),),
    exit_weights=(1.0,),
    task="reconstruction",
)
