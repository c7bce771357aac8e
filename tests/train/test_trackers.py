from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lightning.pytorch.loggers import Logger

import hw_models
from hw_models import QuantConfig
from toolkit.core.errors import ToolMissing
from toolkit.data import Dataset
from toolkit.train import TrainOptions, trackers
from toolkit.train.run import train
from toolkit.train.trackers import Forgiving, tracker


@pytest.mark.parametrize("name", ["csv", "tensorboard"])
def test_trackers_by_name(tmp_path: Path, name: str) -> None:
    logger = tracker(name, tmp_path, "a", pytest.fail)
    logger.log_metrics({"loss": 0.5}, 3)
    logger.finalize("success")
    assert (logger.name, any((tmp_path / name / "a").iterdir())) == (name, True)


class Unreachable(Logger):
    """A logger whose server is gone."""

    name, version = "", ""

    def log_hyperparams(self, *_: Any, **__: Any) -> None: ...

    def log_metrics(self, *_: Any, **__: Any) -> None:
        raise ConnectionError("no answer\nfrom http://tracker:5000")


@pytest.mark.parametrize("make", [Unreachable, lambda: 1 / 0])
def test_a_tracker_that_fails_is_given_up_and_told_once(make: Any) -> None:
    said: list[str] = []
    logger = Forgiving("mlflow", make, said.append)
    for step in range(3):
        logger.log_metrics({"loss": 0.5}, step)
    logger.finalize("success")
    (line,) = said
    assert re.fullmatch(
        r"mlflow gets nothing more, and training goes on: (no answer.*5000|division by zero)", line
    )
    assert "\n" not in line


def test_a_training_goes_on_without_its_tracker_and_says_it_once(
    tmp_path: Path, few_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trackers, "TensorBoardLogger", lambda *_, **__: Unreachable())
    options = TrainOptions(float_epochs=1, epochs=1, batch=50, tracker="tensorboard")
    said: list[str] = []
    train(hw_models.get("b_lenet_se"), QuantConfig(), few_digits, options, tmp_path, say=said.append)
    assert [line for line in said if "tracker" in line or "training goes on" in line] == [
        "tensorboard gets nothing more, and training goes on: no answer from http://tracker:5000"
    ]


def test_mlflow_goes_where_its_variable_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    retries = SimpleNamespace(is_set=lambda: False, set=lambda count: seen.append(str(count)))
    environment = SimpleNamespace(MLFLOW_HTTP_REQUEST_MAX_RETRIES=retries)
    monkeypatch.setitem(sys.modules, "mlflow.environment_variables", environment)
    monkeypatch.setattr(trackers, "require_tracker", lambda name: None)
    monkeypatch.setattr(
        trackers, "MLFlowLogger", lambda **how: seen.append(how["tracking_uri"]) or Unreachable()
    )
    tracker("mlflow", tmp_path, "a", pytest.fail)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracker:5000")
    tracker("mlflow", tmp_path, "a", pytest.fail)
    assert seen == ["2", f"sqlite:///{tmp_path}/mlflow.db", "2", "http://tracker:5000"]


@pytest.mark.parametrize("name", ["mlflow", "neptune"])
def test_a_tracker_without_its_package_says_what_to_install(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if importlib.util.find_spec(name) is not None:
        pytest.skip(f"{name} is installed here")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ToolMissing, match=f"pip install {name}"):
        tracker(name, tmp_path, "a", pytest.fail)


def test_tensorboard_gets_the_curves_and_progress_is_told(tmp_path: Path, few_digits: Dataset) -> None:
    options = TrainOptions(float_epochs=0, epochs=2, batch=50, tracker="tensorboard")
    told: list[tuple[str, int, int]] = []
    train(
        hw_models.get("b_lenet_se"),
        QuantConfig(),
        few_digits,
        options,
        tmp_path,
        progress=lambda *step: told.append(step),
    )
    assert list((tmp_path / "trackers" / "tensorboard" / "quantized").glob("events.*"))
    steps = -(-len(few_digits.train) // 50)
    first, second = dict.fromkeys(label for label, _, _ in told)
    assert told == [(epoch, done, steps) for epoch in (first, second) for done in range(1, steps + 1)]
    assert first == "quantized epoch 1 of 2"
    figures = r"exit0 \(0\.\d+\), exit1 \(0\.\d+\), loss \(\d\.\d+\)"
    assert re.match(rf"quantized epoch 2 of 2, after the last one combined \(0\.\d+\), {figures}", second)
