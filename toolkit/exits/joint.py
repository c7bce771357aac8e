"""Chooses the thresholds of all early exits together, and the path of policies that leads through them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from toolkit.exits.guarantee import Guarantee
from toolkit.exits.objectives import Objective
from toolkit.exits.outcomes import Decided, Outcomes
from toolkit.exits.rules import Ints


@dataclass(frozen=True)
class PolicyPath:
    """Policies from which an objective chooses.

    Attributes:
        path: the policies from the safest to the boldest, as of :func:`path_through`, int64 [P, early].
        found: their outcomes on all frames.
        tested: their outcomes on the frames that were tested for a guarantee; all without one.
        proven: number of policies, counted from the safest, to choose among.
    """

    path: Ints
    found: Outcomes
    tested: Outcomes
    proven: int

    @property
    def halves(self) -> bool:
        """Whether other frames than those that were tested have chosen the path."""
        return self.tested.frames < self.found.frames


def policies_through(
    decided: Decided, objective: Objective, guarantee: Guarantee | None = None
) -> PolicyPath:
    """Return the policies through the best one; with a guarantee, those that it covers may end before.

    With several early exits and a guarantee, every second frame chooses the path and the others are tested.
    """
    choosing = tested = decided
    if guarantee and decided.early > 1:
        choosing, tested = (decided.frames(slice(start, None, 2)) for start in (0, 1))
    harm = guarantee.most_harmed(choosing.right.shape[1]) if guarantee else None
    path = path_through(best_thresholds(choosing, objective, harm), decided.steps)
    seen = tested.outcomes(path)
    proven = guarantee.proven(seen) if guarantee else len(path)
    return PolicyPath(path, decided.outcomes(path), seen, proven)


def best_thresholds(decided: Decided, objective: Objective, most_harmed: int | None = None) -> Ints:
    """Return the index of the threshold at each early exit, int64 [early], that serves an objective best.

    The search begins at the best of the policies with one threshold for all, and then changes two thresholds
    at a time, choosing among all pairs of values, until no such change is better. So with up to two early
    exits no policy on the grid is better; with more, none that differs at one or two exits, and none with
    one threshold for all.

    Args:
        decided: calibration frames, with the same thresholds at every exit.
        objective: objective, whose value counts.
        most_harmed: number of harmed frames up to which a policy is preferred to all that harm more.
    """
    shared = np.repeat(np.arange(decided.steps)[:, None], decided.early, axis=1)
    start, value = objective.best(decided.outcomes(shared), most_harmed)
    found, better = shared[start], decided.early > 1
    while better:
        better = False
        for j, k in combinations(range(decided.early), 2):
            at, reached = objective.best(decided.pair(found, j, k), most_harmed)
            if reached < value:
                found, value, better = found.copy(), reached, decided.early > 2
                found[j], found[k] = divmod(at, decided.steps)
    return found


def path_through(policy: Ints, steps: int) -> Ints:
    """Return policies from the safest to the boldest through ``policy``, int64 [P, early], each once.

    Every threshold of a policy is as bold as that of the one before, or bolder: on the way to ``policy`` in
    proportion to it, behind it in proportion to what is left. With one early exit these are all thresholds.

    Args:
        policy: int64 [early], index of the threshold at each early exit.
        steps: number of thresholds, safest first.
    """
    rest = steps - 1 - policy
    before, after = int(policy.max()), int(rest.max())
    towards = policy * np.arange(before)[:, None] // max(before, 1)
    beyond = policy + rest * np.arange(after + 1)[:, None] // max(after, 1)
    return np.concatenate([towards, beyond])
