"""The tables of the integer rules: the same integers on every machine.

An entry is the real value times ``2**fraction_bits``, rounded to the nearest integer. Real values are
irrational except for 0 and 1, so no entry is a tie; entries that binary64 cannot distinguish from a tie are
computed with 50 decimal digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import BadOption

Table = npt.NDArray[np.int64]
Reals = npt.NDArray[np.floating]

LARGEST = 1 << 16
_DOUBT = 1e-6  # entries are below 2**16 or so, with a relative error of some 2**-50


@lru_cache(maxsize=64)
def exp_table(scale: float, fraction_bits: int, differences: int) -> Table:
    """Return the table of ``exp(-d * scale)``, d = 0, 1, ..., up to the last nonzero entry.

    The table is int64 and read-only.

    Args:
        scale: real value of one integer step of the logits.
        fraction_bits: fraction bits of every entry.
        differences: largest number of entries, 2**logit_bits.

    Raises:
        BadOption: the scale is so small that the table would have more than 65,536 entries.
    """
    x = _steps(scale, fraction_bits, differences)
    one = 1 << fraction_bits
    return _table(np.exp(-x) * one, lambda d: (-d * Decimal(scale)).exp() * one)


@lru_cache(maxsize=64)
def weighted_table(scale: float, fraction_bits: int, differences: int) -> Table:
    """Return the table of ``d * scale * exp(-d * scale)``, otherwise as :func:`exp_table`."""
    x = _steps(scale, fraction_bits, differences)
    one = 1 << fraction_bits
    return _table(x * np.exp(-x) * one, lambda d: d * Decimal(scale) * (-d * Decimal(scale)).exp() * one)


@lru_cache(maxsize=16)
def log_table(fraction_bits: int, index_bits: int) -> Table:
    """Return the table of ``ln(1 + i / 2**index_bits)``, i = 0 ... 2**index_bits; int64, read-only."""
    one, count = 1 << fraction_bits, 1 << index_bits
    near = np.log1p(np.arange(count + 1) / count) * one
    return _table(near, lambda i: (1 + Decimal(i) / count).ln() * one)


@lru_cache(maxsize=64)
def octave_table(fraction_bits: int, octaves: int) -> Table:
    """Return the table of ``k * ln 2`` for k = 0 ... octaves - 1; int64, read-only."""
    one = 1 << fraction_bits
    return _table(np.arange(octaves) * math.log(2) * one, lambda k: k * Decimal(2).ln() * one)


def _steps(scale: float, fraction_bits: int, differences: int) -> Reals:
    """Return the real differences 0, scale, 2 scale, ... up to one where every table is 0; float64."""
    beyond = 2 * fraction_bits * math.log(2) + 4
    count = min(differences, math.ceil(beyond / scale) + 1)
    if count > LARGEST:
        raise BadOption(
            f"logit scale {scale:g} with {fraction_bits} fraction bits",
            expected=f"tables of at most {LARGEST} entries",
            found=count,
            fix="Take criterion margin, which needs no tables, or fewer fraction bits.",
        )
    return np.arange(count) * scale


def _table(near: Reals, exact: Callable[[int], Decimal]) -> Table:
    """Round to int64, computing near ties exactly, and drop zeros at the end (never the first entry)."""
    table = np.rint(near).astype(np.int64)
    with localcontext(Context(prec=50)):
        for index in np.flatnonzero(np.abs(near - np.floor(near) - 0.5) < _DOUBT):
            table[index] = int(exact(int(index)).to_integral_value())
    table = table[: max(1, int(np.flatnonzero(table).max(initial=0)) + 1)]
    table.flags.writeable = False
    return table
