"""The baud rate of the serial line in bits per second, and its error at a given clock."""

from __future__ import annotations

from fractions import Fraction

BAUD = 3_000_000
"""Rate of a board whose file states none: the fastest one of the FT231X on the ULX3S."""
TOLERANCE = Fraction(2, 100)
"""Largest relative error of the baud rate."""


def clocks_per_bit(mhz: Fraction, baud: int = BAUD) -> int:
    """Return the clock cycles per bit, rounded."""
    return round(mhz * 1_000_000 / baud)


def baud_error(mhz: Fraction, baud: int = BAUD) -> Fraction:
    """Return the relative error of the baud rate with a whole number of clock cycles per bit."""
    clocks = clocks_per_bit(mhz, baud)
    return abs(mhz * 1_000_000 / clocks - baud) / baud if clocks else Fraction(1)
