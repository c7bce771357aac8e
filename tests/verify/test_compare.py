"""Comparison: equal, different, and nothing at all."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.core.errors import NothingCompared, VerificationMismatch
from toolkit.verify.compare import first_difference, require_equal


def test_equal_counts_every_value() -> None:
    values = np.arange(24).reshape(2, 3, 4)
    assert require_equal(values, values.copy(), "x", ("row", "column")) == 24


def test_first_difference_is_named() -> None:
    expected, found = np.zeros((3, 2, 2), np.int64), np.zeros((3, 2, 2), np.int64)
    found[1, 0, 1], found[2, 1, 1] = 7, 9
    difference = first_difference(expected, found, "x")
    assert difference is not None
    assert (difference.frame, difference.index, difference.found, difference.count) == (1, (0, 1), 7, 2)
    with pytest.raises(
        VerificationMismatch, match=r"frame 101 at row 0, column 1; expected 0; found 7 .2 of 12"
    ):
        require_equal(expected, found, "x", ("row", "column"), first_frame=100)


def test_nothing_is_not_equal() -> None:
    with pytest.raises(NothingCompared):
        require_equal(np.empty((0, 3), np.int64), np.empty((0, 3), np.int64), "x", ("class",))


def test_shapes_must_agree() -> None:
    with pytest.raises(VerificationMismatch, match="shape of x"):
        require_equal(np.zeros((2, 3), np.int64), np.zeros((2, 1), np.int64), "x", ("class",))
