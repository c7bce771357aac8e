"""Pareto fronts of foldings over resources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.compile.folding.candidates import Candidate
from toolkit.families.resources import Resources

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Front:
    """The Pareto-optimal ways to fold a list of units.

    Attributes:
        totals: resources of each way, int64 (ways, 3).
        picks: index of each unit's candidate, int64 (ways, units).
    """

    totals: Ints
    picks: Ints

    def cheapest(self, budget: Resources) -> int:
        """Return the way with the smallest share of the budget, summed over resources."""
        return int((self.totals / np.maximum(np.array(budget), 1)).sum(axis=1).argmin())


def front(choices: Sequence[Sequence[Candidate]], budget: Resources) -> Front | None:
    """Return every Pareto-optimal choice of a candidate per unit within the budget; None if nothing fits.

    This is exact: a partial choice that is dominated, or exceeds the budget, is never part of an optimal one.
    """
    limit = np.array(budget, np.int64)
    found = Front(np.zeros((1, 3), np.int64), np.zeros((1, 0), np.int64))
    for options in choices:
        costs = np.array([candidate.resources for candidate in options], np.int64).reshape(-1, 3)
        own = unbeaten(costs)
        totals = (found.totals[:, None] + costs[None, own]).reshape(-1, 3)
        before, picked = np.divmod(np.arange(len(totals)), max(len(own), 1))
        fits = np.flatnonzero((totals <= limit).all(axis=1))
        if not len(fits):
            return None
        keep = fits[unbeaten(totals[fits])]
        picks = np.concatenate([found.picks[before[keep]], own[picked[keep], None]], axis=1)
        found = Front(totals[keep], picks)
    return found


def unbeaten(costs: Ints) -> npt.NDArray[np.intp]:
    """Return the indices of rows that no other row dominates (<= in every column); of equal rows the first.

    They are ordered by the first column, then the second, and so on.
    """
    left = np.lexsort(costs.T[::-1])
    kept: list[int] = []
    while len(left):  # in lexicographic order no remaining row dominates the first
        first = left[0]
        kept.append(int(first))
        left = left[(costs[left] < costs[first]).any(axis=1)]
    return np.array(kept, dtype=np.intp)
