"""Clocks that the ECP5's phase-locked loop can make from an oscillator.

The loop feeds back its output CLKOP: f = oscillator * CLKFB_DIV / CLKI_DIV; the VCO runs at f * CLKOP_DIV.
Limits: Lattice DS1044, sysCLOCK PLL timing, as Project Trellis' ecppll has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

VCO_MHZ = (400, 800)
DETECTOR_MHZ = Fraction(3125, 1000)
LARGEST_DIVIDER = 128
RUNGS_MHZ = (48, 50, 54, 60, 66, 70, 75, 80, 90, 100, 110, 120, 132, 140, 150)
"""Clocks that are considered; an oscillator gives those that dividers reach exactly."""


@dataclass(frozen=True)
class Pll:
    """Dividers of an EHXPLLL with FEEDBK_PATH = "CLKOP", for an oscillator of ``input_mhz``."""

    input_mhz: float
    clki_div: int
    clkfb_div: int
    clkop_div: int

    @property
    def exact_mhz(self) -> Fraction:
        """Exact frequency of CLKOP in MHz."""
        return Fraction(self.input_mhz) * self.clkfb_div / self.clki_div

    @property
    def mhz(self) -> float:
        """Frequency of CLKOP in MHz."""
        return float(self.exact_mhz)

    @property
    def vco_mhz(self) -> Fraction:
        """Frequency of the loop's oscillator (VCO) in MHz."""
        return self.exact_mhz * self.clkop_div


def dividers(oscillator_mhz: float, mhz: float) -> Pll | None:
    """Return the loop that makes exactly ``mhz``, with the VCO nearest to mid-range; None if there is none.

    The smallest input divider is taken, since a fast phase detector gives the least jitter.
    """
    ratio = Fraction(mhz) / Fraction(oscillator_mhz)
    low, high = VCO_MHZ
    for clki in range(1, LARGEST_DIVIDER + 1):
        if Fraction(oscillator_mhz) / clki < DETECTOR_MHZ:
            return None
        feedback = ratio * clki
        if feedback.denominator != 1 or not 1 <= feedback <= LARGEST_DIVIDER:
            continue
        found = [Pll(oscillator_mhz, clki, int(feedback), op) for op in range(1, LARGEST_DIVIDER + 1)]
        found = [pll for pll in found if low <= pll.vco_mhz <= high]
        if found:
            return min(found, key=lambda pll: abs(pll.vco_mhz - Fraction(low + high, 2)))
    return None


def ladder(oscillator_mhz: float) -> tuple[Pll, ...]:
    """Return the clocks that an oscillator gives, slowest first."""
    found = (dividers(oscillator_mhz, mhz) for mhz in RUNGS_MHZ)
    return tuple(pll for pll in found if pll is not None)
