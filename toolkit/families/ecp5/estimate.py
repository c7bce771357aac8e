"""Estimates the ECP5 resources of a hardware layer from its shape.

Look-up tables are a sum of structural terms (bits of sums, of products, of memories ...), each with a
coefficient fitted to Yosys' synthesis of whole segments; ``benchmarks/ecp5_calibration.py`` repeats synthesis
and fit and prints the errors. Block RAMs and multipliers follow from the shapes alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, prod
from typing import Any

from toolkit.families.resources import Resources

LUTS: Mapping[str, float] = {
    "output": 4.3,
    "products": 2.47,
    "rom": 2.75,
    "ram": 2.77,
    "selection": 1.09,
    "threshold": 28.1,
    "pool": 10.1,
    "bias": 11.4,
}
"""LUT4 per unit of each term, including carry chains and distributed memory, as nextpnr counts them.
Fitted to 24 segments of B_Lenet_se and B_Lenet_fcn at six foldings, with errors up to 14 %."""

_EBR_SHAPES = ((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))
_EBR_WORTH = 2048
"""Bits per block RAM below which Yosys makes a memory of look-up tables."""


@dataclass(frozen=True)
class Shape:
    """The figures that decide the size of a layer.

    Attributes:
        kind: kind of layer, a value of :data:`toolkit.compile.legal.HARDWARE`.
        in_bits, out_bits: bits per element of the input and the output stream.
        in_lanes, out_lanes: elements per beat of these streams.
        attributes: FINN+'s attributes, and ``weight_bits`` of a product.
    """

    kind: str
    in_bits: int
    in_lanes: int
    out_bits: int
    out_lanes: int
    attributes: Mapping[str, Any]

    @classmethod
    def of(cls, op: Any, kind: str) -> Shape:
        """Return the shape of a FINN+ operation at its current folding."""
        names = op.get_nodeattr_types()
        wanted = ("MW", "MH", "PE", "SIMD", "resType", "ConvKernelDim", "ImageSize", "Taps", "Channels")
        found = {name: op.get_nodeattr(name) for name in wanted if name in names}
        if kind in ("mvau", "depthwise"):
            found["weight_bits"] = op.get_input_datatype(1).bitwidth()
        return cls(
            kind,
            op.get_input_datatype(0).bitwidth(),
            int(op.get_folded_input_shape()[-1]),
            op.get_output_datatype(0).bitwidth(),
            int(op.get_folded_output_shape()[-1]),
            found,
        )


def estimate(shape: Shape) -> Resources:
    """Estimate LUT4, block RAMs (18 Kb) and multipliers (MULT18) of a layer and the queue before it."""
    luts = sum(LUTS.get(name, 0) * amount for name, amount in terms(shape).items())
    return Resources(ceil(luts), _block_rams(shape), _multipliers(shape))


def terms(shape: Shape) -> dict[str, float]:
    """Return the structural terms of a layer."""
    at = shape.attributes
    found: dict[str, float] = {}  # none for "width": inserted after folding, covered by its neighbours
    if shape.kind == "mvau":
        products, weight_bits = at["PE"] * at["SIMD"], at["weight_bits"]
        found["output"] = at["PE"] * shape.out_bits
        if at.get("resType") == "lut":
            found["products"] = products * weight_bits * shape.in_bits
        for (words, width), kind in zip(_memories(shape), ("rom", "ram"), strict=True):
            if not _in_block_ram(words, width):
                found[kind] = width * ceil(words / 16)
    elif shape.kind == "depthwise":
        found["output"] = at["PE"] * shape.out_bits
        if at.get("resType") == "lut":
            found["products"] = at["SIMD"] * at["weight_bits"] * shape.in_bits
        ((words, width), *_), channels = _memories(shape), at["Channels"]
        if not _in_block_ram(words, width):
            found["rom"] = width * ceil(words / 16)
        found["ram"] = shape.out_lanes * shape.out_bits if channels > at["PE"] else 0
    elif shape.kind == "window":
        height, width = at["ConvKernelDim"]
        pixel = shape.in_bits * shape.in_lanes
        window = height * width * pixel
        found["selection"] = window if window > shape.out_bits * shape.out_lanes else 0
        found["ram"] = (height - 1) * pixel * ceil(at.get("ImageSize", (16, 16))[1] / 16)
    elif shape.kind in ("threshold", "pool", "bias"):
        found[shape.kind] = shape.in_lanes * shape.in_bits
    return found


def _memories(shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return (words, bits) of a product's weight memory, and of the buffer that replays its input."""
    at = shape.attributes
    if shape.kind == "depthwise":
        return (at["Taps"] * at["Channels"] // at["SIMD"], at["SIMD"] * at["weight_bits"]), (0, 0)
    columns, rows = at["MW"] // at["SIMD"], at["MH"] // at["PE"]
    weights = columns * rows, at["PE"] * at["SIMD"] * at["weight_bits"]
    return weights, (columns if rows > 1 else 0, at["SIMD"] * shape.in_bits)


def _ebrs(words: int, width: int) -> int:
    return min(ceil(width / wide) * ceil(words / deep) for wide, deep in _EBR_SHAPES)


def _in_block_ram(words: int, width: int) -> bool:
    return words * width >= _EBR_WORTH * max(1, _ebrs(words, width))


def _block_rams(shape: Shape) -> int:
    if shape.kind not in ("mvau", "depthwise"):
        return 0
    return sum(_ebrs(*memory) for memory in _memories(shape) if _in_block_ram(*memory))


def _multipliers(shape: Shape) -> int:
    factors = {"mvau": ("PE", "SIMD"), "depthwise": ("SIMD",)}.get(shape.kind)
    products = prod(shape.attributes[name] for name in factors) if factors else 0
    return products if shape.attributes.get("resType") != "lut" else 0
