"""What policies do to calibration frames: exact counts, for many policies at once.

Rules are monotone: a bolder threshold never keeps a frame that a stricter one lets go. So of each frame and
exit one number says everything, the first threshold of the exit's row at which the frame leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import BadOption, DataError
from toolkit.core.groups import answers_of
from toolkit.exits.criteria import Bools, Floats
from toolkit.exits.grid import threshold_grid, threshold_rows
from toolkit.exits.policy import stacked
from toolkit.exits.rules import DEFAULT_FRACTION_BITS, Ints, check_scale, integer_rule


class Outcomes(NamedTuple):
    """Counts of P policies over N frames.

    Attributes:
        frames: number N of frames.
        correct: int64 [P], frames answered correctly.
        harmed: int64 [P], frames answered wrongly that the last exit answers correctly.
        left: int64 [P, exits], frames that left at each exit; a row adds up to N.
        correct_alone: int64 [exits], frames each exit answers correctly if all leave there.
        costs: float64 [exits], cost of a frame that leaves there.
    """

    frames: int
    correct: Ints
    harmed: Ints
    left: Ints
    correct_alone: Ints
    costs: Floats

    @property
    def early(self) -> Ints:
        """Frames that left before the last exit, int64 [P]."""
        return self.frames - self.left[:, -1]

    @property
    def lost(self) -> Ints:
        """Frames fewer answered correctly than by the last exit alone, int64 [P]; negative where more are."""
        return self.correct_alone[-1] - self.correct

    @property
    def mean_costs(self) -> Floats:
        """Mean cost per frame, float64 [P]."""
        return np.asarray(self.left @ self.costs / self.frames, dtype=np.float64)

    def first(self, count: int) -> Outcomes:
        """Return the outcomes of the first ``count`` policies."""
        return self._replace(correct=self.correct[:count], harmed=self.harmed[:count], left=self.left[:count])


@dataclass(frozen=True)
class Decided:
    """Frames, and from which threshold on they leave at each early exit.

    Attributes:
        first: int64 [early, N], index of the first of T thresholds at which a frame leaves; T if at none.
        right: bool [exits, N], whether the exit answers the frame correctly.
        steps: number T of thresholds of each early exit, safest first.
        costs: float64 [exits], cost of a frame that leaves there.
    """

    first: Ints
    right: Bools
    steps: int
    costs: Floats

    @classmethod
    def of(
        cls,
        logits: Ints,
        labels: Ints,
        criterion: str,
        thresholds: Floats,
        scales: Sequence[float],
        costs: Floats,
        *,
        fraction_bits: int,
        logit_bits: Sequence[int | None],
        groups: int,
    ) -> Decided:
        """Decide every frame by the integer rules.

        Args:
            logits: int64 [exits, N, groups * C].
            labels: int64 [N].
            criterion: name of the criterion, as in ``CRITERIA``.
            thresholds: float64 [T, early], a column per early exit, safest first.
            scales, fraction_bits, logit_bits, groups: as in ``ExitPolicy``, one per early exit.
            costs: float64 [exits].

        Raises:
            RangeExceeded: a logit that its width cannot hold.
            UnknownName, BadOption: a threshold out of its range.
        """
        steps, classes = len(thresholds), logits.shape[2] // groups
        first = np.full((len(scales), logits.shape[1]), steps, dtype=np.int64)
        for k, (scale, width) in enumerate(zip(scales, logit_bits, strict=True)):
            _, starts = np.unique(thresholds[:, k], return_index=True)
            for start in sorted(starts.tolist()):
                threshold = float(thresholds[start, k])
                rule = integer_rule(
                    *(criterion, threshold, scale, classes),
                    fraction_bits=fraction_bits,
                    logit_bits=width,
                    groups=groups,
                )
                leaves = rule.leaves(logits[k])
                first[k, leaves & (first[k] == steps)] = start
        return cls(first, answers_of(logits, groups) == labels, steps, costs)

    @property
    def early(self) -> int:
        """Number of early exits."""
        return len(self.first)

    def frames(self, which: slice | Ints) -> Decided:
        """Return a part of the frames."""
        return replace(self, first=self.first[:, which], right=self.right[:, which])

    def outcomes(self, policies: Ints) -> Outcomes:
        """Count what policies do.

        Args:
            policies: int64 [P, early], index of the threshold at each early exit.
        """
        exits, frames = self.right.shape
        last = np.ones((1, frames), dtype=bool)
        correct, harmed = np.zeros((2, len(policies)), dtype=np.int64)
        left = np.zeros((len(policies), exits), dtype=np.int64)
        for row, policy in enumerate(policies):
            at = np.argmax(np.concatenate([self.first <= policy[:, None], last]), axis=0)
            right = self.right[at, np.arange(frames)]
            left[row] = np.bincount(at, minlength=exits)
            correct[row], harmed[row] = right.sum(), (~right & self.right[-1]).sum()
        return Outcomes(frames, correct, harmed, left, self.right.sum(axis=1), self.costs)

    def pair(self, policy: Ints, j: int, k: int) -> Outcomes:
        """Count what the T * T policies do that differ from one at early exits j < k alone.

        Row ``a * T + b`` is that of threshold a at exit j and b at exit k. A frame's value is that at exit j
        from a = x on, else at exit k from b = y on, else where it leaves otherwise; so all sums over frames
        are prefix sums of histograms of x, of y and of both, and the frames are looked at once.

        Args:
            policy: int64 [early], index of the threshold at each early exit.
        """
        exits, frames = self.right.shape
        leaves = np.ones((exits, frames), dtype=bool)
        leaves[:-1] = self.first <= policy[:, None]
        leaves[[j, k]] = False
        rest = np.argmax(leaves, axis=0)
        size = self.steps + 1
        x = np.where(rest > j, self.first[j], self.steps)
        y = np.where(rest > k, self.first[k], self.steps)

        def summed(values: Bools) -> Ints:
            """Return sums, int64 [T * T], of values [exits, N] of the frames at the exits."""
            at_j, at_k, at_rest = (
                values[where, np.arange(frames)].astype(np.int64) for where in (j, k, rest)
            )
            both = np.bincount(x * size + y, at_rest - at_k, size * size).reshape(size, size)
            total = both.cumsum(axis=0).cumsum(axis=1) + at_rest.sum()
            total += np.bincount(x, at_j - at_rest, size).cumsum()[:, None]
            total += np.bincount(y, at_k - at_rest, size).cumsum()
            return np.rint(total[:-1, :-1]).astype(np.int64).reshape(-1)

        at = np.arange(exits)
        left = np.column_stack([summed(np.broadcast_to(at[:, None] == e, leaves.shape)) for e in at])
        harmed = summed(~self.right & self.right[-1])
        return Outcomes(frames, summed(self.right), harmed, left, self.right.sum(axis=1), self.costs)


def decide(
    logits: Sequence[npt.ArrayLike],
    scales: Sequence[float],
    labels: npt.ArrayLike,
    criterion: str,
    *,
    thresholds: npt.ArrayLike | None = None,
    costs: Sequence[float] | None = None,
    fraction_bits: int = DEFAULT_FRACTION_BITS,
    logit_bits: Sequence[int] | None = None,
    groups: int = 1,
) -> tuple[Decided, Floats]:
    """Check frames and thresholds, and decide; arguments and errors as for ``trade_off``.

    Returns:
        The frames, and the thresholds that their indices mean, float64 [T, early].
    """
    arrays, truth = _checked(logits, labels, groups)
    exits, _, outputs = arrays.shape
    early = exits - 1
    widths: Sequence[int | None] = (None,) * early if logit_bits is None else logit_bits
    for what, values in (("logit scales", scales), ("logit widths", widths)):
        if len(values) != early:
            raise BadOption(what, expected=f"{early}, one per early exit", found=len(values))
    for scale in scales:
        check_scale(scale)
    if thresholds is None:
        thresholds = threshold_grid(criterion, outputs // groups, scales)
    rows = threshold_rows(criterion, scales, thresholds)
    decided = Decided.of(
        arrays,
        truth,
        criterion,
        rows,
        scales,
        stage_costs(exits) if costs is None else _costs(costs, exits),
        fraction_bits=fraction_bits,
        logit_bits=widths,
        groups=groups,
    )
    return decided, rows


def stage_costs(exits: int) -> Floats:
    """Return the cost of a frame at each exit if every stage that it passes costs 1, float64 [exits]."""
    return np.arange(1, exits + 1, dtype=np.float64)


def _checked(logits: Sequence[npt.ArrayLike], labels: npt.ArrayLike, groups: int) -> tuple[Ints, Ints]:
    """Return logits int64 [exits, N, C] and labels int64 [N], refusing ones that do not fit each other."""
    if len(logits) < 2:
        raise BadOption("logits", expected="those of at least 2 exits", found=len(logits))
    shape = np.shape(logits[-1])
    arrays = stacked(logits, shape[1] if len(shape) == 2 else 0)
    truth = np.asarray(labels)
    if arrays.shape[1] == 0:
        raise DataError("frames to measure on", expected="at least one", found="none")
    if not np.issubdtype(truth.dtype, np.integer) or truth.shape != arrays.shape[1:2]:
        expected = f"{arrays.shape[1]} integers"
        raise DataError("labels", expected=expected, found=f"{truth.dtype} of shape {truth.shape}")
    if arrays.shape[2] % groups:
        raise DataError("logits", expected=f"{groups} groups of equal size", found=arrays.shape[2])
    answers = (arrays.shape[2] // groups) ** groups
    if truth.min() < 0 or truth.max() >= answers:
        expected = f"0 to {answers - 1}"
        raise DataError("labels", expected=expected, found=f"{truth.min()} to {truth.max()}")
    return arrays, truth.astype(np.int64)


def _costs(costs: Sequence[float], exits: int) -> Floats:
    prices = np.asarray(costs, dtype=np.float64)
    if prices.shape != (exits,) or not (np.isfinite(prices).all() and (prices >= 0).all()):
        expected = f"{exits} numbers of at least 0, one per exit"
        raise BadOption("costs", expected=expected, found=list(costs))
    return prices
