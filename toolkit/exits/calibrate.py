"""Calibration: chooses the threshold that meets an objective, from calibration data alone.

Every frame is decided by the integer rules, so the measured exit rates are those of the hardware.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import BadOption, DataError
from toolkit.exits.curve import Curve, trade_off
from toolkit.exits.guarantee import Guarantee
from toolkit.exits.objectives import Budget, Objective
from toolkit.exits.policy import ExitPolicy
from toolkit.exits.rules import DEFAULT_FRACTION_BITS


@dataclass(frozen=True)
class Calibration:
    """A chosen threshold and the curve it was chosen from.

    Attributes:
        curve: trade-off curve on the calibration data.
        chosen: index of the chosen point of the curve.
        objective: objective that it was chosen for.
        guarantee: statistical guarantee beyond the calibration data; None if none was asked for.
        proven: number of points, counted from the safest, that the guarantee covers; all without a guarantee.
        scales, classes, fraction_bits, logit_bits: as in ``ExitPolicy``.
    """

    curve: Curve
    chosen: int
    objective: Objective
    guarantee: Guarantee | None
    proven: int
    scales: tuple[float, ...]
    classes: int
    fraction_bits: int
    logit_bits: tuple[int, ...] | None

    @property
    def thresholds(self) -> tuple[float, ...]:
        """Chosen thresholds, one per early exit."""
        return (float(self.curve.thresholds[self.chosen]),) * len(self.scales)

    @property
    def words(self) -> str:
        """Description of how the threshold was chosen, and its exit rate on the calibration data."""
        rate = self.curve.early_rates[self.chosen]
        text = f"for {self.objective.words()}, among {len(self.curve.thresholds)} thresholds"
        if self.guarantee:
            text += (
                f" of which {self.proven} harm at most {self.guarantee.epsilon:g} of all frames"
                f" with probability {1 - self.guarantee.delta:g}"
            )
        leave = f"{rate:.2%} of {self.curve.frames:,} frames leave early" if rate else "no frame leaves early"
        return f"{text}; {leave}"

    def summary(self) -> dict[str, Any]:
        """Return the choice and its figures on the calibration data, JSON types."""
        curve, chosen = self.curve, self.chosen
        return {
            "message": f"{curve.criterion} {self.thresholds[0]:g}, {self.words}",
            "criterion": curve.criterion,
            "thresholds": self.thresholds,
            "exit_rates": curve.exit_rates[chosen].tolist(),
            "accuracy": float(curve.accuracies[chosen]),
            "guarantee": self._certificate,
            "table": curve.examples(chosen),
        }

    @property
    def _certificate(self) -> dict[str, Any] | None:
        if self.guarantee is None:
            return None
        return self.guarantee.certificate(self.curve, self.chosen, self.proven)

    def policy(self, checkpoint: str, model: str, calibrated_on: str = "calibration") -> ExitPolicy:
        """Return the policy for the checkpoint with this digest and the network called ``model``."""
        return ExitPolicy(
            criterion=self.curve.criterion,
            thresholds=self.thresholds,
            scales=self.scales,
            classes=self.classes,
            fraction_bits=self.fraction_bits,
            checkpoint=checkpoint,
            model=model,
            calibrated_on=calibrated_on,
            chosen=self.words,
            objective=self.objective.to_json(),
            guarantee=self._certificate,
            logit_bits=self.logit_bits,
        )


def calibrate(
    logits: Sequence[npt.ArrayLike],
    scales: Sequence[float],
    labels: npt.ArrayLike,
    criterion: str,
    objective: Objective,
    *,
    guarantee: Guarantee | None = None,
    costs: Sequence[float] | None = None,
    unit: str = "",
    thresholds: Sequence[float] | None = None,
    fraction_bits: int = DEFAULT_FRACTION_BITS,
    logit_bits: Sequence[int] | None = None,
) -> Calibration:
    """Choose the threshold that meets ``objective``.

    Args:
        logits: per exit integers [N, C], calibration data only.
        scales: real value of one integer step of the logits, one per early exit.
        labels: integers [N].
        criterion: name of the criterion, as in ``CRITERIA``.
        objective: :class:`MaxLoss`, :class:`ExitRate` or :class:`Budget`.
        guarantee: restricts the choice to thresholds for which it holds. With too few frames to prove
            anything only the first remains, at which no frame leaves early.
        costs, unit: cost per exit, for the curve; not allowed with a budget, which has its own.
        thresholds: thresholds to choose from, as for :func:`trade_off`. For a guarantee they must not depend
            on the calibration data.
        fraction_bits, logit_bits: as in ``ExitPolicy``.

    Raises:
        DataError: no frames, frames of one class only, or logits and labels that do not belong together.
        RangeExceeded: a logit that its width cannot hold.
        GoalUnreachable: no threshold (that the guarantee covers) meets the objective.
        UnknownName, BadOption: any other argument out of its range.
    """
    if np.size(labels) and len(np.unique(labels)) == 1:
        raise DataError(
            "calibration set",
            expected="frames of several classes",
            found="one class",
            fix="Use another split.",
        )
    if isinstance(objective, Budget):
        if costs is not None:
            raise BadOption("costs", expected="those of the budget only", found=list(costs))
        costs, unit = objective.costs, objective.unit
    curve = trade_off(
        logits,
        scales,
        labels,
        criterion,
        thresholds=thresholds,
        costs=costs,
        unit=unit,
        fraction_bits=fraction_bits,
        logit_bits=logit_bits,
    )
    proven = guarantee.proven(curve) if guarantee else len(curve.thresholds)
    return Calibration(
        curve,
        objective.choose(curve, proven),
        objective,
        guarantee,
        proven,
        tuple(float(scale) for scale in scales),
        int(np.shape(logits[-1])[1]),
        fraction_bits,
        None if logit_bits is None else tuple(logit_bits),
    )
