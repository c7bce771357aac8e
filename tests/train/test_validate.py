"""Validation by rounds of training: figures of images that were not trained on, with and without views."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hw_models
from hw_models import QuantConfig
from hw_models.quantized import build_quantized
from toolkit.cli import run
from toolkit.data import Dataset
from toolkit.train.logits import exit_logits
from toolkit.train.validate import averaged_outputs
from toolkit.train.validation import Round, Validation

SE = hw_models.get("b_lenet_se")


def test_rounds_are_trained_and_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", str(tmp_path / "cache"))
    words = ["validate", "b_lenet_se", "--dataset=digits", "--folds=2", "--views=2", "--quiet"]
    words += ["--float-epochs=1", "--epochs=1", "--batch=128"]
    assert run([*words, f"--out={tmp_path / 'first'}"]) == 0
    assert "combined_accuracy, 2 views" in capsys.readouterr().out
    found = Validation.load(tmp_path / "first" / "validate")
    assert [one.scored for one in found.rounds] == [629, 628]
    first, second = (one.figures for one in found.rounds)
    assert first != second
    assert 0.1 < first["combined_accuracy"] <= 1
    assert first["exit_rate 0"] + first["exit_rate 1"] == pytest.approx(1)
    assert "combined_accuracy, 2 views" in first
    monkeypatch.setattr("toolkit.train.validate.train", None)
    assert run([*words, f"--out={tmp_path / 'second'}"]) == 0, "rounds that are there are not made again"
    assert Validation.load(tmp_path / "second" / "validate") == found


def test_views_are_shifted_images(digits: Dataset) -> None:
    net = build_quantized(SE, QuantConfig()).eval()
    split = digits.calibration
    once = averaged_outputs(net, split, 1)
    assert len(once) == 2
    assert all(np.array_equal(a, b) for a, b in zip(once, exit_logits(net, split), strict=True))
    moved = np.pad(split.images, ((0, 0), (0, 0), (0, 0), (1, 0)), mode="edge")[..., :-1]
    shifted = exit_logits(net, type(split)(np.ascontiguousarray(moved), split.labels))
    twice = averaged_outputs(net, split, 2)
    for mean, one, other in zip(twice, once, shifted, strict=True):
        assert np.array_equal(mean, (one + other) / 2)


def test_spreads(tmp_path: Path) -> None:
    (one := Round(trained=3, scored=1, figures={"a": 0.5})).save(tmp_path)
    assert Round.load(tmp_path) == one
    rounds = tuple(Round(trained=3, scored=1, figures={"a": float(k)}) for k in range(101))
    made = Validation(model="m", dataset="d", scheme="bootstrap", views=1, rounds=rounds)
    spread = made.spreads["a"]
    assert (spread.mean, spread.low, spread.high) == (50, 2.5, 97.5)
    folded = made.model_copy(update={"scheme": "folds"}).spreads["a"]
    assert (folded.low, folded.high) == (0, 100)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--folds=1"], "--folds; expected 2 to 100"),
        (["--views=10"], "--views; expected 1 to 9"),
        (["--mode=exits-only"], "training option mode; expected for exits-only, weights of a backbone"),
    ],
)
def test_bad_options(words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["validate", "b_lenet_se", "--dataset=digits", f"--out={tmp_path / 'run'}", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_network_that_reconstructs_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """All frames that are trained on are normal, so there is nothing to tell apart."""
    words = ["validate", "autoencoder", "--dataset=hums", f"--out={tmp_path / 'run'}", "--quiet"]
    assert run(words) == 2
    assert "expected at least 5 of each class; found 0 of class faulty" in capsys.readouterr().err
