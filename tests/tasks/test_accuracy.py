from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import BadOption
from toolkit.tasks.accuracy import accuracies, combine, thresholds_for, top1


def certain(classes: list[int], margins: list[float]) -> np.ndarray:
    """Logits of three classes: ``margins`` for the chosen one, 0 for the others."""
    logits = np.zeros((len(classes), 3))
    logits[np.arange(len(classes)), classes] = margins
    return logits


EARLY = certain([0, 1, 1, 1], [9.0, 6.0, 3.0, 1.0])
LATE = certain([0, 0, 2, 0], [9.0, 9.0, 9.0, 9.0])


@pytest.fixture
def labels() -> np.ndarray:
    return np.array([0, 1, 2, 0], dtype=np.int64)


def test_combined_accuracy_by_hand(labels: np.ndarray) -> None:
    assert accuracies([EARLY, LATE], labels) == [0.5, 0.75]
    result = combine([EARLY, LATE], labels, [0.99])
    assert result.exit_rates == (0.5, 0.5)
    assert result.exited_accuracies == (1.0, 1.0)
    assert result.accuracy == 1.0


def test_thresholds_of_0_and_above_1_are_the_exits_themselves(labels: np.ndarray) -> None:
    for threshold, exit_ in ((0.0, 0), (1.1, 1)):
        result = combine([EARLY, LATE], labels, [threshold])
        assert result.accuracy == accuracies([EARLY, LATE], labels)[exit_]
        assert result.exit_rates[exit_] == 1.0
        assert np.isnan(result.exited_accuracies[1 - exit_])


def test_a_frame_at_the_threshold_leaves(labels: np.ndarray) -> None:
    threshold = float(top1(EARLY)[2])
    assert combine([EARLY, LATE], labels, [threshold]).exit_rates[0] == 0.75


def test_every_early_exit_needs_a_threshold(labels: np.ndarray) -> None:
    with pytest.raises(BadOption, match="expected 1, one per early exit; found 2"):
        combine([EARLY, LATE], labels, [0.5, 0.5])


@given(st.integers(0, 2**32), st.integers(1, 300), st.integers(1, 4), st.floats(0, 1))
def test_chosen_thresholds_reach_the_rate_with_no_more_than_needed(
    seed: int, count: int, exits: int, rate: float
) -> None:
    generator = np.random.default_rng(seed)
    logits = [generator.normal(0, 3, (count, 10)) for _ in range(exits)]
    thresholds = thresholds_for(logits, rate)
    assert len(thresholds) == exits - 1
    remaining = np.ones(count, dtype=bool)
    for exit_, threshold in zip(logits[:-1], thresholds, strict=True):
        leaves = remaining & (top1(exit_) >= threshold)
        if remaining.any():
            assert leaves.sum() >= rate * remaining.sum()
            # one frame fewer would not do, but for ties within the rounding of a written threshold
            surely = remaining & (top1(exit_) > threshold + 2e-6)
            assert surely.sum() <= max(np.ceil(rate * remaining.sum()), 1)
        remaining &= ~leaves


def test_a_higher_threshold_lets_fewer_frames_leave(labels: np.ndarray) -> None:
    thresholds = np.linspace(1 / EARLY.shape[1], 1, 11)
    results = [combine([EARLY, LATE], labels, (threshold,)) for threshold in thresholds]
    rates = [result.exit_rates[0] for result in results]
    assert (rates[0], rates[-1]) == (1, 0)
    assert np.all(np.diff(rates) <= 0)
    assert results[0].accuracy == 0.5


def test_large_logits_do_not_overflow() -> None:
    assert top1(np.array([[2000.0, 0.0], [-2000.0, -2000.0]])).tolist() == [1.0, 0.5]
