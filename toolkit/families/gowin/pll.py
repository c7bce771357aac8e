"""Clocks of the GW2A: the oscillator itself, or what its phase-locked loop (rPLL) makes of it.

f = oscillator * (FBDIV_SEL + 1) / (IDIV_SEL + 1); the VCO runs at f * ODIV_SEL.
Limits: Gowin DS226, PLL timing, speed grade C8/I7, as Apicula's gowin_pll has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from toolkit.families.toolchain import Oscillator

VCO_MHZ = (500, 1250)
DETECTOR_MHZ = (3, 500)
INPUT_DIVIDERS = MULTIPLIERS = range(1, 65)
OUTPUT_DIVIDERS = (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)
RUNGS_MHZ = (36, 48, 54, 60, 63, 66, 72, 75, 81, 90, 99, 108, 120)
"""Clocks that are considered; an oscillator gives those that dividers reach exactly."""


@dataclass(frozen=True)
class Rpll:
    """Dividers of an rPLL for an oscillator of ``input_mhz``."""

    input_mhz: float
    multiplier: int
    divider: int
    output_divider: int

    @property
    def exact_mhz(self) -> Fraction:
        """Exact frequency of the clock in MHz."""
        return Fraction(self.input_mhz) * self.multiplier / self.divider

    @property
    def mhz(self) -> float:
        """Frequency of the clock in MHz."""
        return float(self.exact_mhz)

    @property
    def vco_mhz(self) -> Fraction:
        """Frequency of the loop's oscillator (VCO) in MHz."""
        return self.exact_mhz * self.output_divider


def dividers(oscillator_mhz: float, mhz: float) -> Rpll | None:
    """Return the loop that makes exactly ``mhz``, with the VCO nearest to mid-range; None if there is none.

    The smallest input divider is taken, since a fast phase detector gives the least jitter.
    """
    oscillator, wanted = Fraction(oscillator_mhz), Fraction(mhz)
    (low, high), (slow, fast) = VCO_MHZ, DETECTOR_MHZ
    for divider in INPUT_DIVIDERS:
        multiplier = wanted * divider / oscillator
        if multiplier.denominator != 1 or multiplier not in MULTIPLIERS:
            continue
        if not slow <= oscillator / divider <= fast:
            continue
        found = [Rpll(oscillator_mhz, int(multiplier), divider, output) for output in OUTPUT_DIVIDERS]
        found = [pll for pll in found if low <= pll.vco_mhz <= high]
        if found:
            return min(found, key=lambda pll: abs(pll.vco_mhz - Fraction(low + high, 2)))
    return None


def ladder(oscillator_mhz: float) -> tuple[Oscillator | Rpll, ...]:
    """Return the clocks that an oscillator gives, slowest first; the first that it can be is itself."""
    found = (dividers(oscillator_mhz, mhz) for mhz in RUNGS_MHZ)
    made = (pll for pll in found if pll is not None and pll.mhz != oscillator_mhz)
    return tuple(sorted((Oscillator(oscillator_mhz), *made), key=lambda clock: clock.mhz))
