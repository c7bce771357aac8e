"""Integer comparison that reports the first difference. Comparing nothing is an error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.core.errors import NothingCompared, VerificationMismatch

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Difference:
    """The first difference of two integer arrays.

    Attributes:
        frame: index of the frame.
        index: index within the frame.
        expected, found: values at this position.
        count: number of values that differ.
    """

    frame: int
    index: tuple[int, ...]
    expected: int
    found: int
    count: int


def first_difference(expected: Ints, found: Ints, what: str) -> Difference | None:
    """Return the first difference in frame order, or None.

    Args:
        expected, found: integers (N, ...).
        what: name of the values for messages.

    Raises:
        NothingCompared: the arrays are empty.
        VerificationMismatch: the shapes differ.
    """
    if expected.shape != found.shape:
        raise VerificationMismatch(f"shape of {what}", expected=expected.shape, found=found.shape)
    if expected.size == 0:
        raise NothingCompared(f"comparison of {what}", expected="at least one value", found="none")
    differs = expected != found
    count = int(differs.sum())
    if not count:
        return None
    place = tuple(int(i) for i in np.unravel_index(int(differs.argmax()), differs.shape))
    return Difference(place[0], place[1:], int(expected[place]), int(found[place]), count)


def require_equal(expected: Ints, found: Ints, what: str, axes: tuple[str, ...], first_frame: int = 0) -> int:
    """Check that all values are equal.

    Args:
        expected, found: integers (N, ...).
        what: name of the values for messages.
        axes: names of the axes after the frame axis, for messages.
        first_frame: number of the first frame in the arrays.

    Returns:
        Number of compared values, never 0.

    Raises:
        VerificationMismatch: a value differs; names ``what``, frame, position and both values.
        NothingCompared: the arrays are empty.
    """
    difference = first_difference(expected, found, what)
    if difference is None:
        return int(expected.size)
    place = ", ".join(f"{axis} {i}" for axis, i in zip(axes, difference.index, strict=True))
    raise VerificationMismatch(
        f"{what} differs first in frame {first_frame + difference.frame} at {place}",
        expected=difference.expected,
        found=f"{difference.found} ({difference.count} of {expected.size} values differ)",
        fix="Hardware and software must be equal: nothing after this point can be trusted.",
    )
