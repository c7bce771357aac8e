"""Answers of several groups: an integer that holds the class of each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.groups import answers_of, classes_of, joined, named

NAMES = (*"0123456789", "none")


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(2, 11))
def test_an_answer_holds_the_class_of_every_group(seed: int, groups: int, base: int) -> None:
    outputs = np.random.default_rng(seed).integers(-3, 4, (20, groups * base))
    rows = [[row[g * base : (g + 1) * base] for g in range(groups)] for row in outputs.tolist()]
    wanted = [[group.index(max(group)) for group in row] for row in rows]
    answers = answers_of(outputs, groups)
    assert answers.dtype == np.int64
    assert classes_of(answers, groups, base).tolist() == wanted
    assert joined(np.array(wanted), base).tolist() == answers.tolist()
    assert len(set(answers.tolist())) == len(set(map(tuple, wanted)))


def test_with_one_group_the_answer_is_the_class() -> None:
    assert answers_of(np.array([[0, 2, 2], [1, 0, 0]]), 1).tolist() == [1, 0]
    assert named(1, 1, ("cat", "dog")) == "dog"


def test_one_group_that_is_wrong_makes_another_answer() -> None:
    assert joined(np.array([1, 2, 10]), 11) == 1 * 121 + 2 * 11 + 10


@pytest.mark.parametrize(
    ("places", "name"),
    [
        ((4, 0, 7, 10, 10, 10), "407"),
        ((0, 0, 0, 0, 0, 0), "000000"),
        ((10, 5, 10, 10, 5, 10), "_5__5"),
        ((10,) * 6, "none"),
    ],
)
def test_names_are_the_characters(places: tuple[int, ...], name: str) -> None:
    assert named(int(joined(np.array(places), 11)), 6, NAMES) == name
