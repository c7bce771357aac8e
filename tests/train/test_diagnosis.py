"""Verdicts on made-up curves, each of which shows one thing, and on those of the shipped checkpoints."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from hw_models import shipped
from toolkit.train import Epoch, History, PhaseEnd, Reading, TrainingEnds, diagnose, summaries


def rows(training: Sequence[float], validation: Sequence[float], phase: str = "float") -> list[Epoch]:
    return [
        Epoch(phase=phase, epoch=k, rate=0.1, metrics={"train_loss": one, "val_loss": other}, seconds=1.0)
        for k, (one, other) in enumerate(zip(training, validation, strict=True), 1)
    ]


def decay(epochs: int, floor: float = 0.2, pace: float = 3.0) -> list[float]:
    return [floor + 2 * math.exp(-k / pace) for k in range(epochs)]


OVERFIT = [*decay(10), *(0.3 + 0.05 * k for k in range(10))]
CURVES = {
    "converged": (decay(40), decay(40, 0.3)),
    "still improving": (decay(12, 0.0, 8.0), decay(12, 0.0, 8.0)),
    "overfitting": (decay(20, 0.0, 6.0), OVERFIT),
    "oscillating": (decay(20), [0.8 + 0.2 * (-1) ** k for k in range(20)]),
    "learning rate too high": ([2.3, *([4.0, 2.2, 3.9] * 5)], [2.5] * 16),
    "not learning": ([2.303, 2.302, 2.304, 2.301, 2.302], [2.3] * 5),
    "too short to tell": (decay(3), decay(3)),
}


@pytest.mark.parametrize("verdict", CURVES)
def test_each_verdict_has_its_curve(verdict: str) -> None:
    found = diagnose(rows(*CURVES[verdict]))
    assert found.verdict == verdict
    assert found.evidence
    assert bool(found.advice) == (verdict not in ("converged", "too short to tell"))


def test_overfitting_begins_after_the_lowest_validation_loss() -> None:
    found = diagnose(rows(*CURVES["overfitting"]))
    lowest = min(range(20), key=OVERFIT.__getitem__) + 1
    assert (lowest, found.says) == (10, "overfitting from epoch 11 on")
    assert found.evidence[0].startswith("the validation loss is lowest in epoch 10 (0.29")


def test_a_rising_validation_loss_without_better_training_is_no_overfitting() -> None:
    assert diagnose(rows([1.0] * 4 + [0.9] * 16, OVERFIT)).verdict != "overfitting"


def test_slight_changes_of_a_trained_network_mean_nothing() -> None:
    """A quantised phase goes on from trained weights: its small losses jump, relative to themselves."""
    first = rows(decay(20, 0.001), decay(20, 0.02))
    second = rows([0.004 + 0.003 * (k % 2) for k in range(20)], [0.02] * 20, "quantized")
    assert diagnose(second).verdict == "learning rate too high"
    assert diagnose(second, before=first).verdict == "converged"


def test_a_loss_that_is_not_finite_is_told(tmp_path: Path) -> None:
    end = PhaseEnd(
        phase="float",
        reason="diverged",
        cause="train_loss is nan",
        monitored="val_combined",
        better="max",
        kept=2,
        best=0.5,
        epochs=2,
        most=9,
        patience=4,
    )
    History(epochs=tuple(rows([1.0, 0.9], [1.0, 0.9]))).save(tmp_path)
    TrainingEnds().followed_by(end.model_copy(update={"epochs": 1})).followed_by(end).save(tmp_path)
    (found,) = summaries(tmp_path)
    assert found.diagnosis == Reading(
        verdict="learning rate too high",
        evidence=("train_loss is nan, at a learning rate of 0.1 in the epoch before",),
        advice="Train with a lower learning rate.",
    )
    assert found.end is not None
    assert found.end.says == (
        "Stopped in epoch 3 of 9: train_loss is nan. The weights kept are those of epoch 2, with the highest "
        "val_combined (0.5)."
    )


@pytest.mark.parametrize(
    "file", sorted((Path(shipped.__file__).parent / "checkpoints").glob("*.csv")), ids=lambda file: file.stem
)
def test_shipped_checkpoints_were_trained_soundly(file: Path, tmp_path: Path) -> None:
    shutil.copyfile(file, tmp_path / History.FILE)
    found = {one.phase: one.diagnosis.verdict for one in summaries(tmp_path)}
    assert found.keys() <= {"float", "quantized"}
    assert set(found.values()) <= {"converged", "still improving", "overfitting"}
