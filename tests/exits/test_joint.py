"""Thresholds chosen together, against every combination there is."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exits.population import SCALE, draw
from toolkit.exits import CRITERIA, Budget, ExitRate, MaxLoss, Objective, calibrate, trade_off
from toolkit.exits.joint import best_thresholds, path_through
from toolkit.exits.outcomes import Decided, Outcomes, decide

OBJECTIVES = st.one_of(
    st.builds(MaxLoss, st.sampled_from([0.0, 5.0, 20.0, 100.0])),
    st.builds(ExitRate, st.sampled_from([0.0, 0.3, 0.7, 1.0])),
)


@st.composite
def decided_frames(draw: st.DrawFn, early: int, steps: int) -> Decided:
    """Few frames with any decisions at all, so that ties and empty exits are common."""
    frames = draw(st.integers(1, 12))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    first = generator.integers(0, steps + 1, (early, frames))
    first = np.minimum(np.maximum(first, 1), steps - 1 + generator.integers(0, 2, first.shape))
    costs = np.cumsum(generator.integers(0, 3, early + 1)).astype(float)
    return Decided(first, generator.random((early + 1, frames)) < 0.6, steps, costs)


def every(decided: Decided) -> np.ndarray:
    return np.array(list(product(range(decided.steps), repeat=decided.early)))


def by_hand(decided: Decided, policy: tuple[int, ...]) -> tuple[list[int], int, int]:
    """Left per exit, correct and harmed, a frame at a time."""
    left, correct, harmed = [0] * (decided.early + 1), 0, 0
    for frame in range(decided.right.shape[1]):
        fired = [k for k in range(decided.early) if decided.first[k, frame] <= policy[k]]
        at = fired[0] if fired else decided.early
        left[at] += 1
        correct += bool(decided.right[at, frame])
        harmed += bool(not decided.right[at, frame] and decided.right[-1, frame])
    return left, correct, harmed


@given(decided_frames(early=3, steps=4), st.data())
def test_pairs_are_counted_as_single_policies_are(decided: Decided, data: st.DataObject) -> None:
    policy = np.array(data.draw(st.lists(st.integers(0, 3), min_size=3, max_size=3)))
    j, k = data.draw(st.sampled_from([(0, 1), (0, 2), (1, 2)]))
    found = decided.pair(policy, j, k)
    rows = np.repeat(policy[None], 16, axis=0)
    rows[:, [j, k]] = list(product(range(4), repeat=2))
    one_by_one = decided.outcomes(rows)
    for row, at in enumerate(rows.tolist()):
        counts = (found.left[row].tolist(), found.correct[row], found.harmed[row])
        assert counts == by_hand(decided, tuple(at))
        assert counts == (one_by_one.left[row].tolist(), one_by_one.correct[row], one_by_one.harmed[row])


def value_of(objective: Objective, found: Outcomes, most_harmed: int | None) -> Any:
    return objective.best(found, most_harmed)[1]


@given(decided_frames(early=2, steps=6), OBJECTIVES, st.none() | st.integers(0, 3))
def test_with_two_early_exits_nothing_on_the_grid_is_better(
    decided: Decided, objective: Objective, most_harmed: int | None
) -> None:
    chosen = best_thresholds(decided, objective, most_harmed)
    found = value_of(objective, decided.outcomes(chosen[None]), most_harmed)
    assert found == value_of(objective, decided.outcomes(every(decided)), most_harmed)


@given(decided_frames(early=2, steps=6), st.floats(0, 4))
def test_so_it_is_with_a_budget_that_may_be_too_small(decided: Decided, limit: float) -> None:
    objective = Budget(tuple(decided.costs.tolist()), limit, "cycles")
    chosen = best_thresholds(decided, objective)
    found = value_of(objective, decided.outcomes(chosen[None]), None)
    assert found == value_of(objective, decided.outcomes(every(decided)), None)


@given(decided_frames(early=3, steps=5), OBJECTIVES)
def test_with_more_no_change_of_two_thresholds_is_better(decided: Decided, objective: Objective) -> None:
    chosen = best_thresholds(decided, objective)
    found = value_of(objective, decided.outcomes(chosen[None]), None)
    near = every(decided)
    near = near[(near != chosen).sum(axis=1) <= 2]
    shared = np.repeat(np.arange(5)[:, None], 3, axis=1)
    assert found == value_of(objective, decided.outcomes(near), None)
    assert found <= value_of(objective, decided.outcomes(shared), None)


def test_with_more_it_mostly_is_the_best_of_all() -> None:
    """On networks like real ones, whose later exits are better; of 30 such searches."""
    best = 0
    for seed in range(10):
        logits, labels = draw(60, exits=4, seed=seed)
        decided, _ = decide(logits, [SCALE] * 3, labels, "margin", thresholds=np.linspace(6, 0, 9))
        for objective in (MaxLoss(2), ExitRate(0.6), Budget((1.0, 2.0, 3.0, 4.0), 2.0, "stages")):
            chosen = best_thresholds(decided, objective)
            found = value_of(objective, decided.outcomes(chosen[None]), None)
            best += found == value_of(objective, decided.outcomes(every(decided)), None)
    assert best >= 27


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4))
def test_a_path_leads_from_the_safest_through_the_policy_to_the_boldest(policy: list[int]) -> None:
    path = path_through(np.array(policy), 7)
    assert path[0].tolist() == [0] * len(policy)
    assert path[-1].tolist() == [6] * len(policy)
    assert policy in path.tolist()
    steps = np.diff(path, axis=0)
    assert (steps >= 0).all()
    assert (steps > 0).any(axis=1).all()
    if len(policy) == 1:
        assert path[:, 0].tolist() == list(range(7))


@pytest.mark.parametrize("name", CRITERIA)
def test_exits_of_different_quality_get_different_thresholds(name: str) -> None:
    """Exit 0 guesses, exit 1 is as good as the last: together they lose nothing, with one threshold much."""
    logits, labels = draw(400, exits=3, seed=2)
    guesses = np.random.default_rng(0).permutation(logits[0])
    found = calibrate([guesses, *logits[1:]], [SCALE] * 2, labels, name, MaxLoss(0.5))
    assert found.thresholds[0] != found.thresholds[1]
    rates = found.curve.exit_rates[found.chosen]
    assert rates[1] > 0.5 > 0.05 > rates[0]
    shared = trade_off([guesses, *logits[1:]], [SCALE] * 2, labels, name)
    kept = shared.losses <= 0.005
    assert found.curve.outcomes.mean_costs[found.chosen] < shared.outcomes.mean_costs[kept].min()
    assert "of each early exit, together" in found.words
    assert f"{rates[1]:.2%} at exit 1" in found.words
