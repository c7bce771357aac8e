"""Clocks that the ECP5's phase-locked loop makes from an oscillator.

The loop's feedback is its output CLKOP: f = oscillator * CLKFB_DIV / CLKI_DIV; the VCO runs at f * CLKOP_DIV.
Limits: Lattice DS1044, sysCLOCK PLL timing, as Project Trellis' ecppll has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

VCO_MHZ = (400, 800)
DETECTOR_MHZ = Fraction(3125, 1000)
LARGEST_DIVIDER = 128
RUNGS_MHZ = (48, 50, 54, 60, 66, 70, 75, 80, 90, 100, 110, 120, 132, 140, 150)
"""Clocks considered; an oscillator gives those that it reaches exactly."""


@dataclass(frozen=True)
class Pll:
    """Dividers of an EHXPLLL with FEEDBK_PATH = "CLKOP", for an oscillator of ``input_mhz``."""

    input_mhz: float
    clki_div: int
    clkfb_div: int
    clkop_div: int

    @property
    def exact_mhz(self) -> Fraction:
        """Frequency of CLKOP, without rounding."""
        return Fraction(self.input_mhz) * self.clkfb_div / self.clki_div

    @property
    def mhz(self) -> float:
        """Frequency of CLKOP."""
        return float(self.exact_mhz)

    @property
    def vco_mhz(self) -> Fraction:
        """Frequency of the oscillator in the loop."""
        return self.exact_mhz * self.clkop_div

    @property
    def detector_mhz(self) -> Fraction:
        """Frequency that the two inputs of the loop are compared at."""
        return Fraction(self.input_mhz) / self.clki_div


def dividers(oscillator_mhz: float, mhz: float) -> Pll | None:
    """The loop that makes exactly ``mhz``, its VCO nearest to the middle of its range; None: there is none.

    The phase detector runs as fast as it can: that is the least jitter.
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
    """The clocks that an oscillator gives, slowest first."""
    found = (dividers(oscillator_mhz, mhz) for mhz in RUNGS_MHZ)
    return tuple(pll for pll in found if pll is not None)
