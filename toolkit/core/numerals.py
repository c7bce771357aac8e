"""Numbers that people write, in options and in tables: decimal digits, nothing that only Python reads."""

from __future__ import annotations

import math
import re

_WHOLE = re.compile(r"[-+]?[0-9]{1,100}")
_REAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


def whole(text: str) -> int:
    """Read a whole number, such as ``-12``.

    Raises:
        ValueError: it is none: ``1_000``, ``1e3``, digits of another script, more than 100 digits.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def real(text: str) -> float:
    """Read a finite number, such as ``1.5`` or ``2e-3``.

    Raises:
        ValueError: it is none: ``1_000``, ``nan``, ``inf``, ``1e999``.
    """
    if not _REAL.fullmatch(text) or not math.isfinite(value := float(text)):
        raise ValueError(f"{text!r} is no finite number")
    return value
