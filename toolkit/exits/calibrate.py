"""Calibration: chooses the thresholds that meet an objective, from calibration data alone.

The thresholds of several early exits are chosen together. Every frame is decided by the integer rules, so the
measured exit rates are those of the hardware.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import BadOption, DataError
from toolkit.exits.curve import Curve
from toolkit.exits.guarantee import Guarantee
from toolkit.exits.joint import policies_through
from toolkit.exits.objectives import Budget, Objective
from toolkit.exits.outcomes import decide
from toolkit.exits.policy import ExitPolicy, thresholds_in_words
from toolkit.exits.rules import DEFAULT_FRACTION_BITS


@dataclass(frozen=True)
class Calibration:
    """Chosen thresholds and the curve they were chosen from.

    Attributes:
        curve: trade-off curve on the calibration data, through the chosen policy.
        chosen: index of the chosen point of the curve.
        objective: objective that it was chosen for.
        steps: number of thresholds of each early exit that it was chosen among.
        guarantee: statistical guarantee beyond the calibration data; None if none was asked for.
        certificate: what the guarantee proved, JSON types; None without one.
        proven: number of points, counted from the safest, that the guarantee covers; all without a guarantee.
        scales, classes, fraction_bits, logit_bits, groups: as in ``ExitPolicy``.
    """

    curve: Curve
    chosen: int
    objective: Objective
    steps: int
    guarantee: Guarantee | None
    certificate: dict[str, Any] | None
    proven: int
    scales: tuple[float, ...]
    classes: int
    fraction_bits: int
    logit_bits: tuple[int, ...] | None
    groups: int

    @property
    def thresholds(self) -> tuple[float, ...]:
        """Chosen thresholds, one per early exit."""
        return tuple(self.curve.thresholds[self.chosen].tolist())

    @property
    def words(self) -> str:
        """Description of how the thresholds were chosen, and their exit rates on the calibration data."""
        rates = self.curve.exit_rates[self.chosen]
        text = f"for {self.objective.words()}, among {self.steps} thresholds"
        if len(rates) > 2:
            text += " of each early exit, together"
        if self.guarantee:
            text += (
                f" of which {self.proven}"
                if len(rates) == 2
                else f"; of {len(self.curve.thresholds)} policies {self.proven}"
            )
            text += (
                f" harm at most {self.guarantee.epsilon:g} of all frames"
                f" with probability {1 - self.guarantee.delta:g}"
            )
        early = self.curve.early_rates[self.chosen]
        leave = (
            f"{early:.2%} of {self.curve.frames:,} frames leave early" if early else "no frame leaves early"
        )
        if early and len(rates) > 2:
            leave += f" ({', '.join(f'{rate:.2%} at exit {k}' for k, rate in enumerate(rates[:-1]))})"
        return f"{text}; {leave}"

    def summary(self) -> dict[str, Any]:
        """Return the choice and its figures on the calibration data, JSON types."""
        curve, chosen = self.curve, self.chosen
        return {
            "message": f"{thresholds_in_words(curve.criterion, self.thresholds)}, {self.words}",
            "criterion": curve.criterion,
            "thresholds": self.thresholds,
            "exit_rates": curve.exit_rates[chosen].tolist(),
            "accuracy": float(curve.accuracies[chosen]),
            "guarantee": self.certificate,
            "table": curve.examples(chosen),
        }

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
            guarantee=self.certificate,
            logit_bits=self.logit_bits,
            groups=self.groups,
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
    groups: int = 1,
) -> Calibration:
    """Choose the thresholds that meet ``objective``, those of all early exits together.

    With up to two early exits no combination of thresholds of the grid serves the objective better; with
    more, none that differs at one or two exits (:func:`toolkit.exits.joint.best_thresholds`).

    Args:
        logits: per exit integers [N, C], calibration data only.
        scales: real value of one integer step of the logits, one per early exit.
        labels: integers [N].
        criterion: name of the criterion, as in ``CRITERIA``.
        objective: :class:`MaxLoss`, :class:`ExitRate` or :class:`Budget`.
        guarantee: restricts the choice to policies for which it holds. With too few frames to prove
            anything only the first remains, at which no frame leaves early. With several early exits half of
            the frames, every second one, choose the policies that the others test.
        costs, unit: cost per exit, for the curve and for objectives that prefer cheap policies; by default
            1 for each stage that a frame passes. Not allowed with a budget, which has its own.
        thresholds: thresholds [T] to choose from at every early exit, safest first. For a guarantee they must
            not depend on the calibration data.
        fraction_bits, logit_bits, groups: as in ``ExitPolicy``.

    Raises:
        DataError: no frames, frames of one class only, or logits and labels that do not belong together.
        RangeExceeded: a logit that its width cannot hold.
        GoalUnreachable: no policy (that the guarantee covers) meets the objective.
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
    decided, grid = decide(
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
    among = policies_through(decided, objective, guarantee)
    rows = grid[among.path, np.arange(decided.early)]
    curve = Curve.of(criterion, rows, among.found, costs=costs is not None, unit=unit)
    chosen, proven = objective.choose(curve, among.proven), among.proven
    return Calibration(
        curve,
        chosen,
        objective,
        decided.steps,
        guarantee,
        guarantee.certificate(among.tested, chosen, proven, halves=among.halves) if guarantee else None,
        proven,
        tuple(float(scale) for scale in scales),
        int(np.shape(logits[-1])[1]) // groups,
        fraction_bits,
        None if logit_bits is None else tuple(logit_bits),
        groups,
    )
