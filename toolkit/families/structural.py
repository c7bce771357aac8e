"""Estimates layers from their structure: what families with Yosys have in common.

Look-up tables are a sum of structural terms (bits of sums, of products, of memories ...), each with a
coefficient fitted to Yosys' synthesis of whole segments; ``benchmarks/calibration.py`` repeats synthesis and
fit and prints the errors. Block RAMs and multipliers follow from the shapes alone.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, ClassVar, NamedTuple

from toolkit.families.estimator import Estimator
from toolkit.families.resources import Resources
from toolkit.families.shape import Shape

SHAPES = ((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))
"""(bits, words) that a block RAM of 18 Kb can have; Lattice's, Gowin's and AMD's have the same."""


class Memory(NamedTuple):
    """A memory of so many words and bits; ``constant``: it is never written."""

    words: int
    bits: int
    constant: bool

    def blocks(self, shapes: Sequence[tuple[int, int]] = SHAPES) -> int:
        """Return of how many blocks with one of these shapes it is made at least."""
        return min(ceil(self.bits / bits) * ceil(self.words / words) for bits, words in shapes)


class StructuralEstimator(Estimator, abc.ABC):
    """Estimates from structural terms.

    Attributes:
        luts: look-up tables per unit of each term.
        rom_words, ram_words: words that a bit of a memory made of look-up tables is counted in: so many and
            it is one unit of its term.
    """

    luts: ClassVar[Mapping[str, float]]
    rom_words: ClassVar[int]
    ram_words: ClassVar[int]

    def estimate(self, op: Any, kind: str, model: Any, part: str) -> Resources:
        """Estimate a layer and the queue in front of it."""
        return self.of_shape(Shape.of(op, kind))

    def of_shape(self, shape: Shape) -> Resources:
        """Estimate a layer of this shape and the queue in front of it."""
        luts = sum(self.luts[name] * amount for name, amount in self.terms(shape).items())
        block_rams = sum(self.block_rams(memory) for memory in memories(shape))
        return Resources(ceil(luts), block_rams, self.multipliers(shape))

    @abc.abstractmethod
    def block_rams(self, memory: Memory) -> int:
        """Return the block RAMs (18 Kb) that Yosys makes of a memory; 0: it is made of look-up tables."""

    @abc.abstractmethod
    def multipliers(self, shape: Shape) -> int:
        """Return the multipliers of a layer."""

    def products(self, shape: Shape) -> Mapping[str, float]:
        """Return the terms of a layer's products."""
        bits = shape.weight_bits * shape.in_bits
        return {"products": shape.products * bits} if shape.in_look_up_tables else {}

    def terms(self, shape: Shape) -> dict[str, float]:
        """Return the structural terms of a layer."""
        at = shape.attributes
        found: dict[str, float] = {}  # none for "width": inserted after folding, covered by its neighbours
        if shape.kind in ("mvau", "depthwise"):
            found["output"] = at["PE"] * shape.out_bits
            found.update(self.products(shape))
            for memory in memories(shape):
                if not self.block_rams(memory):
                    kind, words = ("rom", self.rom_words) if memory.constant else ("ram", self.ram_words)
                    found[kind] = memory.bits * ceil(memory.words / words)
        if shape.kind == "depthwise":
            found["ram"] = shape.out_lanes * shape.out_bits if at["Channels"] > at["PE"] else 0
        elif shape.kind == "window":
            height, width = at["ConvKernelDim"]
            pixel = shape.in_bits * shape.in_lanes
            window = height * width * pixel
            found["selection"] = window if window > shape.out_bits * shape.out_lanes else 0
            found["ram"] = (height - 1) * pixel * ceil(at.get("ImageSize", (16, 16))[1] / self.ram_words)
        elif shape.kind in ("threshold", "pool", "bias"):
            found[shape.kind] = shape.in_lanes * shape.in_bits
        return found


def memories(shape: Shape) -> tuple[Memory, ...]:
    """Return the memories of a product: of its weights, and of the input that it replays for every row."""
    at = shape.attributes
    if shape.kind == "depthwise":
        return (Memory(at["Taps"] * at["Channels"] // at["SIMD"], at["SIMD"] * shape.weight_bits, True),)
    if shape.kind != "mvau":
        return ()
    columns, rows = at["MW"] // at["SIMD"], at["MH"] // at["PE"]
    return (
        Memory(columns * rows, shape.products * shape.weight_bits, True),
        Memory(columns if rows > 1 else 0, at["SIMD"] * shape.in_bits, False),
    )
