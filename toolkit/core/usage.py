"""Chip resources that a design uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Self

from toolkit.core.artifact import Record
from toolkit.core.quantities import Count

_KEYS = {"lut": "LUT", "bram": "BRAM_18K", "dsp": "DSP", "uram": "URAM"}


class Used(Record):
    """Look-up tables, block RAMs of 18 Kb and multipliers."""

    lut: Count
    bram: Count
    dsp: Count


class Usage(Used):
    """The same, with blocks of AMD's UltraRAM."""

    uram: Count

    @classmethod
    def total(cls, parts: Iterable[Mapping[str, float]]) -> Self:
        """Return the sum of FINN+'s estimates, by its names (``LUT``, ``BRAM_18K`` ...); missing: 0."""
        found: Counter[str] = Counter()
        for part in parts:
            found.update(part)
        return cls(**{key: round(found[name]) for key, name in _KEYS.items()})
