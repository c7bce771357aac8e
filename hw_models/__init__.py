"""Early-exit networks for hardware: descriptions, a quantised and a float twin of each."""

from hw_models.floating import build_float
from hw_models.macs import macs_of_path, macs_steps, macs_to_exit, segment_macs, static_baseline_macs
from hw_models.network import PIXEL_SCALE, EarlyExitNet
from hw_models.quant import QuantConfig
from hw_models.quantized import QuantEarlyExitNet, build_quantized
from hw_models.registry import get, names
from hw_models.spec import Conv, Flatten, Linear, MaxPool, NetworkSpec, Relu

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
    "segment_macs",
    "static_baseline_macs",
]
