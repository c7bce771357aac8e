"""Early-exit networks for hardware: descriptions, a quantised and a float twin of each.

The descriptions load in milliseconds; what needs PyTorch is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from hw_models.macs import (
    macs_of_path,
    macs_steps,
    macs_to_exit,
    products,
    segment_macs,
    static_baseline_macs,
)
from hw_models.quant import QuantConfig
from hw_models.registry import get, names
from hw_models.spec import Conv, Flatten, Linear, MaxPool, NetworkSpec, Relu

if TYPE_CHECKING:
    from hw_models.floating import build_float
    from hw_models.network import PIXEL_SCALE, EarlyExitNet
    from hw_models.quantized import QuantEarlyExitNet, build_quantized

__all__ = [
    "PIXEL_SCALE",
    "Conv",
    "EarlyExitNet",
    "Flatten",
    "Linear",
    "MaxPool",
    "NetworkSpec",
    "QuantConfig",
    "QuantEarlyExitNet",
    "Relu",
    "build_float",
    "build_quantized",
    "get",
    "macs_of_path",
    "macs_steps",
    "macs_to_exit",
    "names",
    "products",
    "segment_macs",
    "static_baseline_macs",
]

_NEED_TORCH = {
    "PIXEL_SCALE": "hw_models.network",
    "EarlyExitNet": "hw_models.network",
    "QuantEarlyExitNet": "hw_models.quantized",
    "build_float": "hw_models.floating",
    "build_quantized": "hw_models.quantized",
}


def __getattr__(name: str) -> object:
    if name in _NEED_TORCH:
        return getattr(importlib.import_module(_NEED_TORCH[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
