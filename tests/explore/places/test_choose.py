"""Thresholds and sets: as good as trying every combination of the same thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np
import pytest

from toolkit.explore.places import choose
from toolkit.explore.places.choose import NEVER, Chooser, ChosenExits
from toolkit.tasks.accuracy import combine

COSTS = {0: 10, 1: 30, 2: 55, 3: 80}


def costs(exits: Sequence[int]) -> list[int]:
    """Each place costs what is there, and 3 for every head passed."""
    early = [COSTS[place] + 3 * (at + 1) for at, place in enumerate(exits)]
    return [*early, 100 + 3 * len(exits)]


def chooser(seed: int, points: float, frames: int = 40) -> Chooser:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, frames)
    logits = [
        rng.normal(size=(frames, 3)) + help * np.eye(3)[labels] * rng.random((frames, 1))
        for help in (1, 2, 3, 4, 6)
    ]
    return Chooser(logits, labels, costs, points)


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("points", [0, 2.5, 10, 100])
@pytest.mark.parametrize("seed", range(3))
def test_no_other_thresholds_cost_less(
    seed: int, points: float, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "LEVELS", {1: 40, 2: 9, 3: 5})
    one = chooser(seed, points)
    last = combine(one.logits[-1:], one.labels, []).accuracy
    for exits in combinations(range(4), size):
        found = one.choose(exits)
        best = np.inf
        grids = [one._grid(place, choose.LEVELS[size]) for place in exits]
        for thresholds in product(*grids):
            result = combine([*(one.logits[k] for k in exits), one.logits[-1]], one.labels, thresholds)
            if round((last - result.accuracy) * 40) <= points * 40 / 100:
                best = min(best, float(np.dot(result.exit_rates, costs(exits))))
        assert found.cost == pytest.approx(best)
        result = combine([*(one.logits[k] for k in exits), one.logits[-1]], one.labels, found.thresholds)
        assert float(np.dot(result.exit_rates, costs(exits))) == pytest.approx(found.cost)


def test_places_are_ranked_by_cost_and_sets_are_the_best() -> None:
    one = chooser(4, 5.0, 60)
    ranked = one.ranked()
    assert sorted(found.exits for found in ranked) == [(0,), (1,), (2,), (3,)]
    assert [found.cost for found in ranked] == sorted(found.cost for found in ranked)
    pair = one.best_set(2)
    assert pair is not None
    assert pair.cost == min(one.choose(exits).cost for exits in combinations(range(4), 2))


def test_too_few_places_make_no_set() -> None:
    one = chooser(0, 1.0)
    few = Chooser(one.logits[-2:], one.labels, costs, 1.0)
    assert few.best_set(2) is None
    assert few.best_set(3) is None


def test_an_exit_that_knows_nothing_is_not_taken() -> None:
    labels = np.arange(30) % 3
    right = 9.0 * np.eye(3)[labels]
    wrong = 9.0 * np.eye(3)[(labels + 1) % 3]
    one = Chooser([wrong, right, right], labels, costs, 0)
    assert one.choose([0]) == ChosenExits((0,), (NEVER,), 103.0)
    assert one.choose([1]).cost == 33.0
    assert one.ranked()[0].exits == (1,)
    assert one.choose([0, 1]) == ChosenExits((0, 1), (NEVER, one.choose([1]).thresholds[0]), 36.0)
