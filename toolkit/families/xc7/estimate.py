"""Estimates what Yosys makes of a hardware layer for the 7 series, from its shape."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import ClassVar

from toolkit.families.shape import Shape
from toolkit.families.structural import SHAPES, Memory, StructuralEstimator
from toolkit.families.xc7 import roms

OPERAND_BITS = 25
"""Width of the wide operand of a DSP48E1 (AMD UG479)."""
_LEAST_BITS = 9
"""Bits of a product for which Yosys takes a DSP48E1."""
_WHOLES = ((72, 512), *((bits, 2 * words) for bits, words in SHAPES))
"""(bits, words) that a RAMB36E1 can have; a RAMB18E1 has those of :data:`SHAPES`."""
_LUT_RAMS = ((6, 32), (3, 64))
"""The same of four look-up tables as memory (RAM32M, RAM64M)."""
_HALF_COST, _WHOLE_COST, _LUT_RAM_COST = 129, 257, 8
"""Costs by which Yosys chooses: of a RAMB18E1, of a RAMB36E1, of four look-up tables as memory."""


class Xc7Estimator(StructuralEstimator):
    """Look-up tables, block RAMs (18 Kb) and DSP48E1; rows of products share multipliers."""

    variants = ("dsp", "lut")
    luts: ClassVar[Mapping[str, float]] = {
        "output": 4.5,
        "products": 1.73,
        "shared": 1.0,
        "rom": 2.9,
        "ram": 2.7,
        "selection": 0.62,
        "threshold": 9.0,
        "pool": 12.0,
        "bias": 4.4,
    }
    """Look-up tables per unit of each term, carry chains and memories included, as Yosys counts them.
    Fitted to 46 segments of B_Lenet_se and B_Lenet_fcn at three foldings, with errors up to 12 %; thresholds
    and pools come together there, and share their sum by what each takes alone."""

    rom_words = 64
    ram_words = 32

    def block_rams(self, memory: Memory) -> int:
        if memory.constant:
            taken = roms.in_block_ram(memory.words, memory.bits)
            return self._cheapest(memory)[1] if taken else 0
        small = _LUT_RAM_COST * memory.blocks(_LUT_RAMS)
        cost, amount = self._cheapest(memory)
        return amount if cost < small else 0

    def _cheapest(self, memory: Memory) -> tuple[int, int]:
        """Return the cost of a memory of block RAMs, and how many halves it takes."""
        halves, wholes = memory.blocks(), memory.blocks(_WHOLES)
        return min((_HALF_COST * halves, halves), (_WHOLE_COST * wholes, 2 * wholes))

    def multipliers(self, shape: Shape) -> int:
        return 0 if self._soft(shape) else self._groups(shape)

    def products(self, shape: Shape) -> Mapping[str, float]:
        if self._soft(shape):
            return {"products": shape.products * shape.weight_bits * shape.in_bits}
        return {"shared": (shape.products - self._groups(shape)) * (shape.weight_bits + shape.in_bits)}

    def _soft(self, shape: Shape) -> bool:
        """Whether products are made of look-up tables; Yosys takes no multiplier for 8 bits."""
        alone = shape.products == self._groups(shape)
        return shape.in_look_up_tables or (alone and shape.weight_bits + shape.in_bits < _LEAST_BITS)

    def _groups(self, shape: Shape) -> int:
        """Return the groups of products that share a multiplier, as our ``mvu.sv`` forms them."""
        if shape.kind == "depthwise":
            return shape.products
        rows = 1 + (OPERAND_BITS - shape.weight_bits - 1) // (shape.weight_bits + shape.in_bits)
        return int(shape.attributes.get("SIMD", 0)) * ceil(shape.attributes.get("PE", 0) / rows)
