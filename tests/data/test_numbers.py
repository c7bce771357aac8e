from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.data.number_sets import bars, few_numbers
from toolkit.core.errors import DataError
from toolkit.core.groups import classes_of
from toolkit.data import DatasetInfo, Split, load
from toolkit.data.numbers import CLASSES, PLACES, compose


def places(split: Split) -> np.ndarray:
    return classes_of(split.labels, PLACES, len(CLASSES))


def test_digits_stand_on_the_left_and_every_length_is_there() -> None:
    found = places(compose(bars(), 400, 0))
    there = found < 10
    assert (there[:, :-1] >= there[:, 1:]).all()
    assert set(there.sum(axis=1).tolist()) == {1, 2, 3, 4, 5, 6}
    assert set(found[there].tolist()) == set(range(10))


def test_digits_are_where_their_places_are() -> None:
    """A place of a digit is lighter, in the mean, than any of none, wherever the number begins."""
    split = compose(bars(), 400, 0)
    for place in range(1, PLACES):
        cell = split.images[:, 0, :, 10 * place + 2 : 10 * place + 12].mean(axis=(1, 2))
        there = places(split)[:, place] < 10
        assert cell[there].mean() > 1.3 * cell[~there].max()


def test_equal_digits_and_seeds_give_equal_bytes() -> None:
    one, same, other = (compose(bars(), 20, seed) for seed in (3, 3, 4))
    assert np.array_equal(one.images, same.images)
    assert not np.array_equal(one.images, other.images)
    found = hashlib.sha256(one.images.tobytes() + one.labels.astype("<i8").tobytes()).hexdigest()
    assert found == "9526f951d67a6f220ad9c37fc265df48c72602374df1ee053e3cd2c62ee35feb"


def test_the_description_names_numbers(tmp_path: Path) -> None:
    data = few_numbers(20)
    about = DatasetInfo.of(data)
    about.save(tmp_path)
    assert DatasetInfo.load(tmp_path) == about
    assert about.groups == 6
    digits = [label for label in places(data.test)[0].tolist() if label < 10]
    assert about.named(int(data.test.labels[0])) == "".join(map(str, digits))
    assert replace(data, groups=1).digest != data.digest


def test_without_mnist_its_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="mnist does not exist"):
        load("numbers", tmp_path)
