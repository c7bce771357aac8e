"""Integer comparison that names the first difference. Comparing nothing is an error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.core.errors import NothingCompared, VerificationMismatch

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Difference:
    """The first place where two integer arrays differ: frame, index within the frame, both values."""

    frame: int
    index: tuple[int, ...]
    expected: int
    found: int
    count: int


def first_difference(expected: Ints, found: Ints, what: str) -> Difference | None:
    """The first difference in frame order, or None.

    Args:
        expected, found: (N, ...) integers.
        what: name for messages.

    Raises:
        NothingCompared: no element at all.
        VerificationMismatch: different shapes.
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
    """Raise unless all values are equal.

    Args:
        axes: names of the axes after the frame axis, for the message.
        first_frame: number of the first frame in the arrays.

    Returns:
        Number of values compared, never 0.

    Raises:
        VerificationMismatch: names ``what``, frame, position and both values.
        NothingCompared: no element at all.
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
