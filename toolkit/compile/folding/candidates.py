"""The foldings a segment can have, as data: what composition and optimisation read without FINN+."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

Attributes = tuple[tuple[str, int | str], ...]
"""Folding attributes of one node, by FINN+'s names."""

Folding = tuple[Attributes, ...]
"""Attributes of every node of a segment, in stream order, width converters not among them."""


class Resources(NamedTuple):
    """Estimated resources: look-up tables, block RAMs of 18 Kb, DSP blocks."""

    lut: int = 0
    bram: int = 0
    dsp: int = 0

    def plus(self, other: Resources) -> Resources:
        """Element by element."""
        return Resources(*(a + b for a, b in zip(self, other, strict=True)))

    def within(self, budget: Resources) -> bool:
        """Whether none exceeds the budget."""
        return all(a <= b for a, b in zip(self, budget, strict=True))


@dataclass(frozen=True)
class Option:
    """One folding of one unit: attributes per node, cycles per frame, a cost that orders, resources."""

    attributes: Folding
    cycles: int
    cost: int
    resources: Resources


@dataclass(frozen=True)
class Unit:
    """Nodes that are folded together, and how they can be."""

    name: str
    options: tuple[Option, ...]
