"""Chooses thresholds for a set of exits on calibration frames, and the best sets. NumPy alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations

import numpy as np
import numpy.typing as npt

from toolkit.tasks.accuracy import Logits, top1

NEVER = 2.0
"""A threshold that no probability reaches."""
LEVELS = {1: 400, 2: 48, 3: 16}
"""Thresholds tried per exit, by the number of exits of a set."""
MOST_PLACES = {2: 40, 3: 24}
"""Places among which sets are sought, those with the best exits alone."""
Costs = Callable[[Sequence[int]], Sequence[int]]


@dataclass(frozen=True)
class ChosenExits:
    """A set of exits with thresholds.

    Attributes:
        exits: indices of the places.
        thresholds: top-1 probability from which a frame leaves, one per exit.
        cost: mean cost per calibration frame.
    """

    exits: tuple[int, ...]
    thresholds: tuple[float, ...]
    cost: float


@dataclass(frozen=True)
class Chooser:
    """Finds thresholds with the least mean cost that lose little accuracy to the last exit.

    Args:
        logits: of calibration frames, [N, classes] per place, the last exit's last.
        labels: int64 [N].
        costs: function that returns the cost of a frame that leaves at each exit of a set, the last one last.
        points: largest loss of combined accuracy, in percentage points.
    """

    logits: Logits
    labels: npt.NDArray[np.int64]
    costs: Costs
    points: float

    @cached_property
    def _gained(self) -> npt.NDArray[np.float32]:
        """Right answers that leaving at each place gains (1) or loses (-1), [places, N]."""
        right = np.stack([one.argmax(axis=1) == self.labels for one in self.logits]).astype(np.float32)
        return right[:-1] - right[-1]

    @cached_property
    def _sure(self) -> npt.NDArray[np.float64]:
        """Top-1 probability at each place, [places, N]."""
        return np.stack([top1(one) for one in self.logits[:-1]])

    def choose(self, exits: Sequence[int]) -> ChosenExits:
        """Return the best thresholds of one, two or three exits."""
        frames, prices = len(self.labels), self.costs(exits)
        grids = [self._grid(place, LEVELS[len(exits)]) for place in exits]
        # One row per combination of thresholds so far: the frames that are left, what is spent and gained.
        left, cost, gain = np.ones((1, frames), np.float32), np.zeros(1), np.zeros(1)
        for at, (place, grid, price) in enumerate(zip(exits, grids, prices[:-1], strict=True)):
            stays = (self._sure[place] < grid[:, np.newaxis]).astype(np.float32)
            leaving = _counts(left, 1 - stays)
            cost = (cost[:, np.newaxis] + price * leaving).reshape(-1)
            gain = (gain[:, np.newaxis] + _counts(left * self._gained[place], 1 - stays)).reshape(-1)
            if at == len(exits) - 1:
                cost += prices[-1] * _counts(left, stays).reshape(-1)
            else:
                left = (left[:, np.newaxis] * stays).reshape(-1, frames)
        allowed = math.floor(Fraction(str(float(self.points))) * frames / 100)
        best = int(np.argmin(np.where(gain >= -allowed, cost, np.inf)))
        indices = np.unravel_index(best, [len(grid) for grid in grids])
        thresholds = tuple(float(grid[index]) for grid, index in zip(grids, indices, strict=True))
        return ChosenExits(tuple(exits), thresholds, float(cost[best] / frames))

    def _grid(self, place: int, levels: int) -> npt.NDArray[np.float64]:
        """Return thresholds from never on, at which equal shares of the frames more leave."""
        sure = np.sort(self._sure[place])
        at = np.linspace(0, len(sure) - 1, min(levels, len(sure))).round().astype(int)
        # Rounded down to what is printed, so that the printed threshold selects the same frames.
        return np.unique(np.append(np.floor(sure[at] * 1e6) / 1e6, NEVER))[::-1]

    def ranked(self) -> list[ChosenExits]:
        """Return the best thresholds of every place alone, the cheapest first."""
        return sorted(
            (self.choose([place]) for place in range(len(self.logits) - 1)), key=lambda one: one.cost
        )

    def best_set(self, size: int) -> ChosenExits | None:
        """Return the cheapest set of two or three exits; None if there are not so many places."""
        places = sorted(one.exits[0] for one in self.ranked()[: MOST_PLACES[size]])
        sets = [self.choose(chosen) for chosen in combinations(places, size)]
        return min(sets, key=lambda one: one.cost, default=None)


def _counts(some: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the sums over frames of the products of rows: whole numbers, exact in float32."""
    return (some @ others.T).astype(np.float64)
