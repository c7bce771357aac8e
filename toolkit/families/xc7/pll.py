"""Clocks that the 7 series' PLL makes from an oscillator.

f = oscillator * CLKFBOUT_MULT / DIVCLK_DIVIDE / CLKOUT0_DIVIDE; the VCO runs at f * CLKOUT0_DIVIDE.
Limits: AMD DS181 and DS187, speed grade -1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

VCO_MHZ = (800, 1600)
DETECTOR_MHZ = (19, 450)
MULTIPLIERS = range(2, 65)
DIVIDERS = range(1, 57)
OUTPUT_DIVIDERS = range(1, 129)
RUNGS_MHZ = (25, 30, 40, 48, 50, 60, 70, 75, 80, 90, 100, 110, 120, 132, 140, 150)
"""Clocks that are considered; an oscillator gives those that dividers reach exactly."""


@dataclass(frozen=True)
class Plle2:
    """Dividers of a PLLE2_ADV for an oscillator of ``input_mhz``."""

    input_mhz: float
    multiplier: int
    divider: int
    output_divider: int

    @property
    def exact_mhz(self) -> Fraction:
        """Exact frequency of the clock in MHz."""
        return self.vco_mhz / self.output_divider

    @property
    def mhz(self) -> float:
        """Frequency of the clock in MHz."""
        return float(self.exact_mhz)

    @property
    def period_ns(self) -> float:
        """Period of the oscillator."""
        return 1000 / self.input_mhz

    @property
    def vco_mhz(self) -> Fraction:
        """Frequency of the loop's oscillator (VCO) in MHz."""
        return Fraction(self.input_mhz) * self.multiplier / self.divider


def dividers(oscillator_mhz: float, mhz: float) -> Plle2 | None:
    """Return the loop that makes exactly ``mhz``, with the VCO nearest to mid-range; None if there is none.

    The smallest input divider is taken, since a fast phase detector gives the least jitter.
    """
    oscillator, wanted = Fraction(oscillator_mhz), Fraction(mhz)
    (low, high), (slow, fast) = VCO_MHZ, DETECTOR_MHZ
    for divider in DIVIDERS:
        if not slow <= oscillator / divider <= fast:
            continue
        found = []
        for output in OUTPUT_DIVIDERS:
            multiplier = wanted * output * divider / oscillator
            if multiplier.denominator == 1 and multiplier in MULTIPLIERS and low <= wanted * output <= high:
                found.append(Plle2(oscillator_mhz, int(multiplier), divider, output))
        if found:
            return min(found, key=lambda pll: abs(pll.vco_mhz - Fraction(low + high, 2)))
    return None


def ladder(oscillator_mhz: float) -> tuple[Plle2, ...]:
    """Return the clocks that an oscillator gives, slowest first."""
    found = (dividers(oscillator_mhz, mhz) for mhz in RUNGS_MHZ)
    return tuple(pll for pll in found if pll is not None)
