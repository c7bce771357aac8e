"""What the step that trains refuses before any step runs."""

from __future__ import annotations

import importlib.util

import pytest

from toolkit.core.errors import ToolMissing
from toolkit.flow import Options, require
from toolkit.flow.steps import ORDER


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.mark.parametrize("tracker", ["mlflow", "neptune", "tensorboard"])
def test_a_tracker_whose_package_is_missing_is_refused(tracker: str) -> None:
    with pytest.raises(ToolMissing, match=f"--tracker {tracker} needs .* `pip install {tracker}`"):
        require(ORDER, Options.of(train=True, tracker=tracker))
    with pytest.raises(ToolMissing, match=f"--tracker {tracker}"):
        require(ORDER, Options.of(weight_bits=7, tracker=tracker))  # no checkpoint of these ships


def test_a_tracker_that_is_not_used_is_not_missed() -> None:
    require(ORDER, Options.of(tracker="mlflow"))
    require(ORDER, Options.of(train=True))
