from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.core.errors import DataError
from toolkit.data import DatasetInfo, load


def test_it_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    info = DatasetInfo.of(load("digits"))
    info.save(tmp_path)
    assert DatasetInfo.load(tmp_path) == info
    assert info.images == {name: len(split) for name, split in load("digits").splits()}


def test_other_data_are_refused() -> None:
    info = DatasetInfo.of(load("digits"))
    info.require(load("digits"))
    with pytest.raises(DataError, match="dataset digits has changed"):
        info.require(load("digits", seed=1))
