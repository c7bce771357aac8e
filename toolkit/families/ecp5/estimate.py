"""Estimates the ECP5 resources of a hardware layer from its shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from toolkit.families.shape import Shape
from toolkit.families.structural import Memory, StructuralEstimator

_WORTH = 2048
"""Bits per block RAM below which Yosys makes a memory of look-up tables."""


class Ecp5Estimator(StructuralEstimator):
    """LUT4, block RAMs (18 Kb) and multipliers (MULT18)."""

    variants = ("dsp", "lut")
    luts: ClassVar[Mapping[str, float]] = {
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

    rom_words = 16
    ram_words = 16

    def block_rams(self, memory: Memory) -> int:
        found = memory.blocks()
        return found if memory.words * memory.bits >= _WORTH * max(1, found) else 0

    def multipliers(self, shape: Shape) -> int:
        return 0 if shape.in_look_up_tables else shape.products
