"""The figures of a hardware layer that decide its size, whatever the chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any


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

    @property
    def weight_bits(self) -> int:
        """Bits of a weight; 0 if there are none."""
        return int(self.attributes.get("weight_bits", 0))

    @property
    def products(self) -> int:
        """Products per cycle."""
        factors = {"mvau": ("PE", "SIMD"), "depthwise": ("SIMD",)}.get(self.kind)
        return prod(int(self.attributes[name]) for name in factors) if factors else 0

    @property
    def in_look_up_tables(self) -> bool:
        """Whether its products are made of look-up tables."""
        return self.attributes.get("resType") == "lut"
