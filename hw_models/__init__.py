"""Early-exit networks for hardware: descriptions, and a quantised and a float network of each.

This module loads in milliseconds. The networks need PyTorch and stand in modules of their own:
:func:`hw_models.quantized.build_quantized`, :func:`hw_models.floating.build_float`.
"""

from hw_models.macs import (
    least_cycles,
    macs_of_path,
    macs_of_stage,
    macs_to_exit,
    products,
    segment_macs,
    segment_parameters,
    static_baseline_macs,
)
from hw_models.quant import QuantConfig
from hw_models.registry import get, names
from hw_models.spec import AvgPool, BatchNorm, Conv, Dropout, Flatten, Linear, MaxPool, NetworkSpec, Relu

__all__ = [
    "AvgPool",
    "BatchNorm",
    "Conv",
    "Dropout",
    "Flatten",
    "Linear",
    "MaxPool",
    "NetworkSpec",
    "QuantConfig",
    "Relu",
    "get",
    "least_cycles",
    "macs_of_path",
    "macs_of_stage",
    "macs_to_exit",
    "names",
    "products",
    "segment_macs",
    "segment_parameters",
    "static_baseline_macs",
]
