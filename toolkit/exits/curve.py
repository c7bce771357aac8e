"""Trade-off curves: accuracy, exit rates, cost and harm over a grid of thresholds.

All early exits share one threshold, so the policies of a network with any number of exits form one sequence
from the safest to the boldest: at a bolder threshold every frame leaves at the same exit or an earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, ConfigDict, PlainSerializer, model_validator

from toolkit.core.artifact import Artifact
from toolkit.core.errors import ArtifactError, BadOption, DataError
from toolkit.exits.criteria import Criterion, Floats, criterion_named
from toolkit.exits.policy import ExitPolicy, stacked
from toolkit.exits.rules import DEFAULT_FRACTION_BITS, Ints, check_scale

_DECIMALS = 6
_WIDEST, _STEPS = 16.0, 320


def threshold_grid(criterion: str, classes: int, scales: Sequence[float]) -> tuple[float, ...]:
    """Return thresholds from the safest, at which no frame leaves, to the boldest, at which all do.

    In between are the scores of frames whose best logit exceeds all others by 16, 15.95, ... 0.05, rounded to
    six decimals: the grid is dense where thresholds are strict. It does not depend on data, as a guarantee
    requires.
    """
    kind = criterion_named(criterion)
    margins = np.linspace(_WIDEST, 0, _STEPS, endpoint=False)
    inner = [round(kind.at_margin(float(margin), classes), _DECIMALS) for margin in margins]
    boldest = kind.highest(classes) if kind.sign == "<=" else 0.0
    return tuple(dict.fromkeys((_safest(kind, scales), *inner, boldest)))


def _array(dtype: type[np.generic]) -> BeforeValidator:
    return BeforeValidator(lambda value: np.asarray(value, dtype))


_LISTS = PlainSerializer(lambda array: array.tolist())
_Counts = Annotated[Ints, _array(np.int64), _LISTS]
_Numbers = Annotated[Floats, _array(np.float64), _LISTS]


class Curve(Artifact):
    """A trade-off curve: one point per threshold, safest first; at the first no frame leaves early.

    Attributes:
        criterion: name of the criterion.
        thresholds: float64 [T], the same at every early exit.
        frames: number N of frames that it was measured on.
        correct: int64 [T], frames answered correctly.
        harmed: int64 [T], frames answered wrongly that the last exit answers correctly.
        left: int64 [T, exits], frames that left at each exit; a row adds up to N.
        correct_alone: int64 [exits], frames each exit answers correctly if all leave there.
        costs: float64 [exits], cost of a frame that leaves there; None if not given.
        unit: unit of the costs.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    FILE: ClassVar[str] = "curve.json"

    criterion: str
    thresholds: _Numbers
    frames: int
    correct: _Counts
    harmed: _Counts
    left: _Counts
    correct_alone: _Counts
    costs: _Numbers | None = None
    unit: str = ""

    @model_validator(mode="after")
    def _a_row_per_threshold(self) -> Self:
        points, exits = len(self.thresholds), len(self.correct_alone)
        if self.left.shape != (points, exits) or {self.correct.shape, self.harmed.shape} != {(points,)}:
            raise ValueError("every array must have a row per threshold, and every row a number per exit")
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Curve) and self.model_dump() == other.model_dump()

    __hash__ = None  # type: ignore[assignment]

    def chosen(self, policy: ExitPolicy) -> int:
        """Return the index of the policy's threshold.

        Raises:
            ArtifactError: criterion or number of exits differ, or the threshold is not on the curve.
        """
        points = np.flatnonzero(self.thresholds == policy.thresholds[0])
        same = (policy.criterion, policy.exits) == (self.criterion, len(self.correct_alone))
        if not same or not len(points):
            raise ArtifactError(
                f"{self.FILE} is of another policy",
                expected=f"{policy.criterion} {policy.thresholds[0]:g} chosen, as in {policy.FILE}",
                fix="Calibrate again.",
            )
        return int(points[0])

    def examples(self, chosen: int) -> list[dict[str, Any]]:
        """Return a dozen points between the safest and the boldest useful threshold, and the chosen one."""
        rates = self.early_rates
        wanted = (0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 1)
        reached = (int(np.argmax(rates >= rate)) for rate in wanted if rates.max() >= rate)
        return [
            {
                "threshold": float(self.thresholds[i]),
                "early": float(rates[i]),
                "accuracy": float(self.accuracies[i]),
                "risk": float(self.risks[i]),
                "chosen": i == chosen,
            }
            for i in sorted({*reached, chosen})
        ]

    @property
    def accuracies(self) -> Floats:
        """Combined accuracy, float64 [T]."""
        return self.correct / self.frames

    @property
    def exit_rates(self) -> Floats:
        """Share of all frames that left at each exit, float64 [T, exits]."""
        return self.left / self.frames

    @property
    def early_rates(self) -> Floats:
        """Share of all frames that left before the last exit, float64 [T]."""
        return (self.frames - self.left[:, -1]) / self.frames

    @property
    def risks(self) -> Floats:
        """Share of all frames harmed, float64 [T]."""
        return self.harmed / self.frames

    @property
    def losses(self) -> Floats:
        """Accuracy lost against the last exit, float64 [T]; negative where accuracy is gained."""
        return (self.correct_alone[-1] - self.correct) / self.frames

    @property
    def mean_costs(self) -> Floats | None:
        """Mean cost per frame, float64 [T]; None without costs."""
        return None if self.costs is None else self.left @ self.costs / self.frames


def trade_off(
    logits: Sequence[npt.ArrayLike],
    scales: Sequence[float],
    labels: npt.ArrayLike,
    criterion: str,
    *,
    thresholds: Sequence[float] | None = None,
    costs: Sequence[float] | None = None,
    unit: str = "",
    fraction_bits: int = DEFAULT_FRACTION_BITS,
    logit_bits: Sequence[int] | None = None,
) -> Curve:
    """Decide every frame with the integer rules at every threshold.

    Args:
        logits: per exit integers [N, C].
        scales: real value of one integer step of the logits, one per early exit.
        labels: integers [N].
        criterion: name of the criterion, as in ``CRITERIA``.
        thresholds: thresholds, safest first, by default :func:`threshold_grid`; one at which no frame leaves
            is prepended if it is missing.
        costs: cost of a frame that leaves at each exit, one per exit.
        unit: unit of the costs.
        fraction_bits, logit_bits: as in ``ExitPolicy``.

    Raises:
        DataError: no frames, or logits and labels that do not belong together.
        RangeExceeded: a logit that its width cannot hold.
        UnknownName, BadOption: any other argument out of its range, or thresholds in another order.
    """
    arrays, truth = _checked(logits, labels)
    exits, frames, classes = arrays.shape
    if len(scales) != exits - 1:
        raise BadOption("logit scales", expected=f"{exits - 1}, one per early exit", found=len(scales))
    for scale in scales:
        check_scale(scale)
    if thresholds is None:
        thresholds = threshold_grid(criterion, classes, scales)
    grid = _grid(criterion, scales, thresholds)
    prices = None if costs is None else _costs(costs, exits)
    alone = arrays.argmax(axis=2) == truth
    left = np.zeros((len(grid), exits), dtype=np.int64)
    hits, harmed = np.zeros((2, len(grid)), dtype=np.int64)
    for point, threshold in enumerate(grid):
        policy = ExitPolicy(
            criterion=criterion,
            thresholds=(float(threshold),) * (exits - 1),
            scales=tuple(scales),
            classes=classes,
            fraction_bits=fraction_bits,
            logit_bits=None if logit_bits is None else tuple(logit_bits),
        )
        answers = policy.answer(list(arrays))
        right = answers.classes == truth
        left[point] = np.bincount(answers.exits, minlength=exits)
        hits[point], harmed[point] = right.sum(), (~right & alone[-1]).sum()
    return Curve(
        criterion=criterion,
        thresholds=grid,
        frames=frames,
        correct=hits,
        harmed=harmed,
        left=left,
        correct_alone=alone.sum(axis=1),
        costs=prices,
        unit=unit,
    )


def _checked(logits: Sequence[npt.ArrayLike], labels: npt.ArrayLike) -> tuple[Ints, Ints]:
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
    if truth.min() < 0 or truth.max() >= arrays.shape[2]:
        expected = f"0 to {arrays.shape[2] - 1}"
        raise DataError("labels", expected=expected, found=f"{truth.min()} to {truth.max()}")
    return arrays, truth.astype(np.int64)


def _safest(kind: type[Criterion], scales: Sequence[float]) -> float:
    return max(kind.safest(scale) for scale in scales)


def _grid(criterion: str, scales: Sequence[float], thresholds: Sequence[float]) -> Floats:
    """Return the thresholds after one at which no frame leaves, float64 [T]; refuses another order."""
    kind = criterion_named(criterion)
    safest = _safest(kind, scales)
    grid = np.array([safest, *(t for t in thresholds if t != safest)], dtype=np.float64)
    steps = np.diff(grid) if kind.sign == "<=" else -np.diff(grid)
    if not (steps > 0).all():
        raise BadOption(
            f"thresholds of {criterion}", expected="numbers, safest first, each once", found=list(thresholds)
        )
    return grid


def _costs(costs: Sequence[float], exits: int) -> Floats:
    prices = np.asarray(costs, dtype=np.float64)
    if prices.shape != (exits,) or not (np.isfinite(prices).all() and (prices >= 0).all()):
        expected = f"{exits} numbers of at least 0, one per exit"
        raise BadOption("costs", expected=expected, found=list(costs))
    return prices
