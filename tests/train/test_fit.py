from __future__ import annotations

import pytest

import hw_models
from toolkit.core.errors import BadOption
from toolkit.data import DatasetInfo
from toolkit.train.fit import require_fit


def about(classes: int, *shape: int) -> DatasetInfo:
    names = tuple(map(str, range(classes)))
    channels, height, width = shape
    return DatasetInfo(name="own", digest="d", classes=names, shape=(channels, height, width), images={})


def test_everything_that_differs_is_named_at_once() -> None:
    spec = hw_models.get("b_lenet_se")
    require_fit(spec, about(10, 1, 28, 28))
    words = r"b_lenet_se on own; expected images .* \(1, 28, 28\) and classes 10; found \(3, 32, 32\) and 7"
    with pytest.raises(BadOption, match=words):
        require_fit(spec, about(7, 3, 32, 32))
