"""Figures of answers against scikit-learn's and against counts by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom
from sklearn import metrics

from toolkit.exits.quality import BINS, Quality, interval, overthinking, qualities

LABELS = np.array([0, 0, 1, 1, 2, 2])


def sure(*answers: int) -> np.ndarray:
    """Logits [N, 3] whose best class is the answer, and the classes behind it the next best."""
    return np.array([[3.0 * (c == a) - c for c in range(3)] for a in answers])


def random(frames: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(4)
    labels = generator.integers(classes, size=frames)
    return generator.normal(size=(frames, classes)) + 1.5 * np.eye(classes)[labels], labels


def test_figures_are_those_of_scikit_learn() -> None:
    logits, labels = random(400, 7)
    found, answers = Quality.of(logits, labels), logits.argmax(axis=1)
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    shares = metrics.precision_recall_fscore_support(labels, answers)
    for name, wanted in zip(("precision", "recall", "f1", "frames"), shares, strict=True):
        assert [getattr(one, name) for one in found.classes] == pytest.approx(wanted.tolist(), abs=1e-6)
    macro = metrics.precision_recall_fscore_support(labels, answers, average="macro")[:3]
    assert (found.precision, found.recall, found.f1) == pytest.approx(macro, abs=1e-6)
    assert found.confusion == tuple(map(tuple, metrics.confusion_matrix(labels, answers).tolist()))
    assert found.loss == pytest.approx(metrics.log_loss(labels, chances))
    assert found.accuracy == metrics.accuracy_score(labels, answers)
    assert list(found.top) == [1, 2, 3, 5]
    for k, share in found.top.items():
        assert share == pytest.approx(metrics.top_k_accuracy_score(labels, chances, k=k))
    sure_by, right = chances.max(axis=1), answers == labels
    bins = np.minimum((sure_by * BINS).astype(int), BINS - 1)
    error = sum(abs(right[bins == b].sum() - sure_by[bins == b].sum()) for b in set(bins.tolist())) / 400
    assert found.calibration_error == pytest.approx(error, abs=1e-5)


def test_positives_by_hand() -> None:
    found = Quality.of(sure(0, 1, 1, 1, 2, 0), LABELS)
    assert [(one.true_positives, one.false_positives) for one in found.classes] == [(1, 1), (2, 1), (1, 0)]
    assert found.confusion == ((1, 1, 0), (0, 2, 0), (1, 0, 1))
    assert found.accuracy == 4 / 6


def test_of_equal_logits_the_first_is_the_answer_as_in_hardware() -> None:
    found = Quality.of(np.zeros((3, 4)), np.array([0, 1, 3]))
    assert found.top == {1: 1 / 3, 2: 2 / 3, 3: 2 / 3}
    assert found.confusion[3] == (1, 0, 0, 0)


def test_a_class_that_is_neither_there_nor_said_counts_nothing() -> None:
    found = Quality.of(sure(0, 0, 1, 1), np.array([0, 0, 1, 1]))
    assert (found.classes[2].frames, found.classes[2].f1) == (0, 0.0)


def test_the_mix_takes_each_frame_from_the_exit_it_leaves_by() -> None:
    early, late = sure(0, 1, 1, 0, 2, 2), sure(0, 0, 0, 1, 2, 0)
    found = qualities([early, late], LABELS, np.array([0, 1, 0, 1, 1, 0]))
    assert [one.accuracy for one in found] == [4 / 6, 4 / 6, 1.0]


def test_overthinking_is_counted_per_class_both_ways() -> None:
    early, middle, late = sure(0, 1, 1, 0, 2, 2), sure(0, 0, 1, 1, 2, 2), sure(0, 0, 0, 1, 2, 0)
    found = overthinking([early, middle, late], LABELS)
    assert [(one.exit, one.spoilt, one.needed) for one in found] == [
        (0, (0, 1, 1), (1, 1, 0)),
        (1, (0, 1, 1), (0, 0, 0)),
    ]
    assert overthinking([late], LABELS) == ()


@pytest.mark.parametrize("count", [0, 1])
def test_a_single_frame_has_an_interval_without_width(count: int) -> None:
    found = interval(count, 1)
    assert (found.low, found.high) == (count, count)


@pytest.mark.parametrize(("count", "frames"), [(954, 1000), (3, 5), (50, 100)])
def test_an_interval_is_that_of_the_binomial(count: int, frames: int) -> None:
    """A share's bootstrap is binomial: its quantiles are known without resampling."""
    found = interval(count, frames)
    exact = [binom.ppf(q, frames, count / frames) / frames for q in (0.025, 0.975)]
    assert [found.low, found.high] == pytest.approx(exact, abs=max(1.01 / frames, 0.003))
    assert found.low < count / frames < found.high
    assert interval(count, frames) == found


@pytest.mark.parametrize("count", [0, 7])
def test_a_certain_share_has_no_width(count: int) -> None:
    found = interval(count, 7)
    assert (found.low, found.high) == (count / 7, count / 7)
