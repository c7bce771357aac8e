"""Trade-off curves: accuracy, exit rates, cost and harm over policies from the safest to the boldest.

Each early exit has a threshold of its own. The policies of a curve are a sequence in which every threshold is
as bold as that of the policy before, or bolder: so every frame leaves at the same exit or an earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, ConfigDict, PlainSerializer, model_validator

from toolkit.core.artifact import Artifact
from toolkit.core.errors import ArtifactError
from toolkit.exits.criteria import Floats
from toolkit.exits.outcomes import Outcomes, decide, stage_costs
from toolkit.exits.policy import ExitPolicy
from toolkit.exits.rules import DEFAULT_FRACTION_BITS, Ints


def _array(dtype: type[np.generic]) -> BeforeValidator:
    return BeforeValidator(lambda value: np.asarray(value, dtype))


_LISTS = PlainSerializer(lambda array: array.tolist())
_Counts = Annotated[Ints, _array(np.int64), _LISTS]
_Numbers = Annotated[Floats, _array(np.float64), _LISTS]


class Curve(Artifact):
    """A trade-off curve: one point per policy, safest first; at the first no frame leaves early.

    Attributes:
        criterion: name of the criterion.
        thresholds: float64 [T, early], thresholds of each policy, one per early exit.
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
    SCHEMA: ClassVar[int] = 2

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
    def _a_row_per_policy(self) -> Self:
        points, exits = len(self.thresholds), len(self.correct_alone)
        fits = self.thresholds.shape == (points, exits - 1) and self.left.shape == (points, exits)
        if not fits or {self.correct.shape, self.harmed.shape} != {(points,)}:
            raise ValueError("every array must have a row per policy, and every row a number per exit")
        return self

    @classmethod
    def of(cls, criterion: str, thresholds: Floats, found: Outcomes, *, costs: bool, unit: str) -> Self:
        """Describe policies by their outcomes; ``costs``: whether they have a meaning and are kept."""
        return cls(
            criterion=criterion,
            thresholds=thresholds,
            frames=found.frames,
            correct=found.correct,
            harmed=found.harmed,
            left=found.left,
            correct_alone=found.correct_alone,
            costs=found.costs if costs else None,
            unit=unit,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Curve) and self.model_dump() == other.model_dump()

    __hash__ = None  # type: ignore[assignment]

    def chosen(self, policy: ExitPolicy) -> int:
        """Return the index of the policy's thresholds.

        Raises:
            ArtifactError: criterion or number of exits differ, or the thresholds are not on the curve.
        """
        same = (policy.criterion, policy.exits) == (self.criterion, len(self.correct_alone))
        points = np.flatnonzero((self.thresholds == policy.thresholds).all(axis=1)).tolist() if same else []
        if not points:
            raise ArtifactError(
                f"{self.FILE} is of another policy",
                expected=f"{policy.in_words} chosen, as in {policy.FILE}",
                fix="Calibrate again.",
            )
        return int(points[0])

    def examples(self, chosen: int) -> list[dict[str, Any]]:
        """Return a dozen points between the safest and the boldest useful policy, and the chosen one."""
        rates = self.early_rates
        wanted = (0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 1)
        reached = (int(np.argmax(rates >= rate)) for rate in wanted if rates.max() >= rate)
        return [
            {
                "thresholds": self.thresholds[i].tolist(),
                "early": float(rates[i]),
                "accuracy": float(self.accuracies[i]),
                "risk": float(self.risks[i]),
                "chosen": i == chosen,
            }
            for i in sorted({*reached, chosen})
        ]

    @property
    def outcomes(self) -> Outcomes:
        """Outcomes of the policies; without costs, a frame costs 1 for each stage that it passes."""
        return Outcomes(
            self.frames,
            self.correct,
            self.harmed,
            self.left,
            self.correct_alone,
            stage_costs(len(self.correct_alone)) if self.costs is None else self.costs,
        )

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
        return self.outcomes.early / self.frames

    @property
    def risks(self) -> Floats:
        """Share of all frames harmed, float64 [T]."""
        return self.harmed / self.frames

    @property
    def losses(self) -> Floats:
        """Accuracy lost against the last exit, float64 [T]; negative where accuracy is gained."""
        return self.outcomes.lost / self.frames

    @property
    def mean_costs(self) -> Floats | None:
        """Mean cost per frame, float64 [T]; None without costs."""
        return None if self.costs is None else self.outcomes.mean_costs


def trade_off(
    logits: Sequence[npt.ArrayLike],
    scales: Sequence[float],
    labels: npt.ArrayLike,
    criterion: str,
    *,
    thresholds: npt.ArrayLike | None = None,
    costs: Sequence[float] | None = None,
    unit: str = "",
    fraction_bits: int = DEFAULT_FRACTION_BITS,
    logit_bits: Sequence[int] | None = None,
    groups: int = 1,
) -> Curve:
    """Decide every frame with the integer rules by every policy.

    Args:
        logits: per exit integers [N, C].
        scales: real value of one integer step of the logits, one per early exit.
        labels: integers [N].
        criterion: name of the criterion, as in ``CRITERIA``.
        thresholds: policies, safest first: [T, early], or [T] with one threshold for all early exits; by
            default :func:`threshold_grid`. One at which no frame leaves is prepended if it is missing.
        costs: cost of a frame that leaves at each exit, one per exit.
        unit: unit of the costs.
        fraction_bits, logit_bits, groups: as in ``ExitPolicy``.

    Raises:
        DataError: no frames, or logits and labels that do not belong together.
        RangeExceeded: a logit that its width cannot hold.
        UnknownName, BadOption: any other argument out of its range, or thresholds in another order.
    """
    decided, rows = decide(
        logits,
        scales,
        labels,
        criterion,
        thresholds=thresholds,
        costs=costs,
        fraction_bits=fraction_bits,
        logit_bits=logit_bits,
        groups=groups,
    )
    every = np.repeat(np.arange(len(rows))[:, None], decided.early, axis=1)
    found = decided.outcomes(every)
    return Curve.of(criterion, rows, found, costs=costs is not None, unit=unit)
