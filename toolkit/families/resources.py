"""Amounts of chip resources, and each family's names for them."""

from __future__ import annotations

from typing import NamedTuple

from toolkit.core.artifact import Record, Text
from toolkit.core.quantities import Count


class Resources(NamedTuple):
    """Amounts of look-up tables, block RAMs of 18 Kb and multipliers (DSP blocks)."""

    lut: int = 0
    bram: int = 0
    dsp: int = 0

    def __str__(self) -> str:
        return f"{self.lut:,} LUT, {self.bram:,} block RAMs, {self.dsp:,} DSP"

    def plus(self, other: Resources) -> Resources:
        """Return the sum, element by element."""
        return Resources(*(a + b for a, b in zip(self, other, strict=True)))

    def minus(self, other: Resources) -> Resources:
        """Return what is left, element by element, at least 0."""
        return Resources(*(max(0, a - b) for a, b in zip(self, other, strict=True)))

    def within(self, budget: Resources) -> bool:
        """Whether no amount exceeds the budget."""
        return all(a <= b for a, b in zip(self, budget, strict=True))


class Capacity(Record):
    """The resources of a part. ``bram18``: block RAMs of 18 Kb; ``dsp``: DSP slices or multipliers."""

    lut: Count
    ff: Count
    bram18: Count
    dsp: Count
    uram: Count = 0
    source: Text
    verified: bool

    @property
    def budget(self) -> Resources:
        """Resources that a design may use."""
        return Resources(self.lut, self.bram18, self.dsp)

    @property
    def amounts(self) -> dict[str, int]:
        """Number of each resource, by the fields of :class:`ResourceNames`."""
        return {"lut": self.lut, "ff": self.ff, "bram": self.bram18, "dsp": self.dsp}


class ResourceName(NamedTuple):
    """Names of one resource: ``key`` in the tools' reports, ``short`` in a line, ``long`` in prose."""

    key: str
    short: str
    long: str


class ResourceNames(NamedTuple):
    """The names that a family gives to its look-up tables, flip-flops, block RAMs and multipliers."""

    lut: ResourceName
    ff: ResourceName
    bram: ResourceName
    dsp: ResourceName


def block_rams(bits: int) -> int:
    """Return how many block RAMs of 18 Kb a memory takes: 16 Kb of each, since parity bits seldom fit."""
    return -(-bits // (1 << 14))
