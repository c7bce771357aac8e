"""The rate of the serial line, and the clocks of a chip that reach it."""

from __future__ import annotations

from fractions import Fraction

BAUD = 3_000_000
TOLERANCE = Fraction(2, 100)
"""How far a board may be off, as a part of the rate."""


def clocks_per_bit(mhz: Fraction) -> int:
    """Clock cycles of one bit, to the nearest whole number."""
    return round(mhz * 1_000_000 / BAUD)


def baud_error(mhz: Fraction) -> Fraction:
    """How far a line of so many cycles per bit is off the rate, as a part of it."""
    return abs(mhz * 1_000_000 / clocks_per_bit(mhz) - BAUD) / BAUD
