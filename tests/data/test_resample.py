"""Folds and bootstrap samples: nothing that is scored was trained on; the test split has no part in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.core.errors import DataError
from toolkit.data import Dataset, Split
from toolkit.data.resample import bootstrap, folds

Scheme = Callable[[Dataset, int, int], Iterator[Dataset]]


def numbered(train: int, validation: int, classes: int = 3) -> Dataset:
    """Images that are their own numbers; those for calibration and test are of other numbers."""

    def part(start: int, count: int) -> Split:
        numbers = np.arange(start, start + count)
        images = np.stack([numbers // 256, numbers % 256], axis=1).astype(np.uint8)[:, None, None]
        return Split(images, numbers % (classes or 1000))

    names = tuple(map(str, range(classes)))
    whole = part(0, train), part(train, validation), part(40_000, 9), part(50_000, 9)
    return Dataset("numbered", names, *whole)


def numbers(split: Split) -> list[int]:
    return [int(image[0, 0, 0]) * 256 + int(image[0, 0, 1]) for image in split.images]


@pytest.mark.parametrize("scheme", [folds, bootstrap])
@settings(max_examples=20, deadline=None)
@given(
    train=st.integers(20, 200),
    validation=st.integers(10, 40),
    count=st.integers(2, 6),
    seed=st.integers(0, 9),
)
def test_what_is_scored_was_never_seen(
    scheme: Scheme, train: int, validation: int, count: int, seed: int
) -> None:
    dataset = numbered(train, validation)
    found = list(scheme(dataset, count, seed))
    assert len(found) == count
    scored: list[int] = []
    for one in found:
        sets = [set(numbers(split)) for split in (one.train, one.validation, one.test)]
        assert all(sets)
        assert not sets[0] & sets[1] | sets[0] & sets[2] | sets[1] & sets[2]
        assert set().union(*sets) == set(range(train + validation))
        assert one.calibration is dataset.calibration
        assert all(
            label == number % 3
            for split in (one.train, one.validation, one.test)
            for number, label in zip(numbers(split), split.labels, strict=True)
        )
        scored += numbers(one.test)
    if scheme is folds:
        assert sorted(scored) == list(range(train + validation)), "each image is scored once"
    again = [one.digest for one in scheme(dataset, count, seed)]
    assert again == [one.digest for one in found]


def test_folds_are_stratified() -> None:
    for one in folds(numbered(280, 20), 5, 0):
        assert np.bincount(one.test.labels).tolist() == [20, 20, 20]


def test_a_bootstrap_draws_images_several_times() -> None:
    one = next(bootstrap(numbered(900, 100), 1, 0))
    drawn = numbers(one.train)
    assert len(drawn) > 1.2 * len(set(drawn))
    assert 0.33 < len(one.test) / 1000 < 0.41, "a share of 1 / e is not drawn"


def test_values_are_spread_by_their_tenths() -> None:
    for one in folds(numbered(180, 20, classes=0), 5, 0):
        assert np.bincount(one.test.labels // 20, minlength=10).tolist() == [4] * 10


@pytest.mark.parametrize("scheme", [folds, bootstrap])
def test_too_few_images_of_a_class_are_refused(scheme: Scheme) -> None:
    dataset = numbered(40, 10)
    rare = replace(dataset, train=Split(dataset.train.images, np.minimum(dataset.train.labels, 1)))
    with pytest.raises(DataError, match="expected at least 5 of each class; found 3 of class 2"):
        list(scheme(rare, 5, 0))
