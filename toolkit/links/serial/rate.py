"""The baud rate of the serial line, and its error at a given clock."""

from __future__ import annotations

from fractions import Fraction

BAUD = 3_000_000
"""Bits per second: the fastest rate of the FT231X on the ULX3S."""
TOLERANCE = Fraction(2, 100)
"""Largest relative error of the baud rate."""


def clocks_per_bit(mhz: Fraction) -> int:
    """Return the clock cycles per bit, rounded."""
    return round(mhz * 1_000_000 / BAUD)


def baud_error(mhz: Fraction) -> Fraction:
    """Return the relative error of the baud rate with a whole number of clock cycles per bit."""
    return abs(mhz * 1_000_000 / clocks_per_bit(mhz) - BAUD) / BAUD
