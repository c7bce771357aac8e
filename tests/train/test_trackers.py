from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger

import hw_models
from hw_models import QuantConfig
from toolkit.core.errors import ToolMissing
from toolkit.data import Dataset
from toolkit.train import TrainOptions
from toolkit.train.run import train
from toolkit.train.trackers import tracker


def test_trackers_by_name(tmp_path: Path) -> None:
    assert isinstance(tracker("csv", tmp_path, "a"), CSVLogger)
    assert isinstance(tracker("tensorboard", tmp_path, "a"), TensorBoardLogger)


@pytest.mark.parametrize("name", ["mlflow", "neptune"])
def test_a_tracker_without_its_package_says_what_to_install(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if importlib.util.find_spec(name) is not None:
        pytest.skip(f"{name} is installed here")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ToolMissing, match=f"pip install {name}"):
        tracker(name, tmp_path, "a")


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
