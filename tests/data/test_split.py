from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import DataError
from toolkit.data.split import stratified


@given(st.lists(st.integers(0, 4), min_size=1, max_size=200), st.data())
def test_parts_are_disjoint_complete_and_of_the_asked_size(classes: list[int], data: st.DataObject) -> None:
    labels = np.array(classes, dtype=np.int64)
    first = data.draw(st.integers(0, len(labels)))
    second = data.draw(st.integers(0, len(labels) - first))
    sizes = (first, second, len(labels) - first - second)
    seed = data.draw(st.integers(0, 2**32))
    parts = stratified(labels, sizes, seed)
    assert tuple(map(len, parts)) == sizes
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(labels)))
    for part, size in zip(parts, sizes, strict=True):
        for label in np.unique(labels):
            share = size * np.mean(labels == label)
            assert abs(np.sum(labels[part] == label) - share) < 2


def test_the_seed_decides_the_split() -> None:
    labels = np.arange(100) % 10
    one, same, other = (stratified(labels, (80, 20), seed) for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[1], other[1])


def test_sizes_must_add_up() -> None:
    with pytest.raises(DataError, match="expected 10 in all; found parts of 5, 4"):
        stratified(np.zeros(10, dtype=np.int64), (5, 4), 0)
