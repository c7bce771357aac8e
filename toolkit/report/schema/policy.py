"""The exit policy, and the trade-off over other policies."""

from __future__ import annotations

from typing import Any, Self

from pydantic import model_validator

from toolkit.core.artifact import Record
from toolkit.core.quantities import Count, Cycles, NonNegative, Share
from toolkit.cost import MeanTerms


class Disagreement(Record):
    """Frames of the test split for which the float criterion decides otherwise than the integer rule.

    They are counted at one exit at its threshold, over all ``frames``, even those that leave earlier.
    """

    exit: Count
    frames: Cycles
    differing: Count


class PolicyInForce(Record):
    """The exit policy: a frame leaves at the first exit whose criterion is met, or else at the last.

    Attributes:
        criterion: criterion of the early exits; None if there is none.
        thresholds: threshold of each early exit.
        fraction_bits: fraction bits of the integer rule's tables.
        calibrated_on: split on which thresholds were chosen.
        chosen: description of the choice.
        objective, guarantee: objective and guarantee as in ``policy.json``; None if there is none.
        float_disagreements: disagreements at each early exit.
    """

    criterion: str | None
    thresholds: tuple[NonNegative, ...]
    fraction_bits: Count | None
    calibrated_on: str
    chosen: str
    objective: dict[str, Any] | None
    guarantee: dict[str, Any] | None
    float_disagreements: tuple[Disagreement, ...]


class Trial(Record):
    """The test frames, decided at every threshold of every early exit: what any policy does can be counted.

    Attributes:
        thresholds: thresholds of every early exit, safest first.
        chosen: index of the threshold in force at each early exit.
        frames: groups of equal frames: for each early exit the index of the first threshold at which they
            leave, their number if at none; then 1 for each exit that is right, 0 for others; then how many.
        means: what latency and energy depend on.
    """

    thresholds: tuple[NonNegative, ...]
    chosen: tuple[Count, ...]
    frames: tuple[tuple[Count, ...], ...]
    means: MeanTerms


class PricedCurve(Record):
    """Figures of one split over the policies of :class:`TradeOff`, one value per policy.

    Attributes:
        frames: number of frames in the split.
        accuracies: accuracy of all frames, each answered at the exit it leaves by.
        exit_rates: share of all frames that leaves at each exit.
        risks: share of all frames answered wrongly that the last exit answers correctly.
        latency_us, energy_uj, incremental_uj: means per frame; None if not known.
    """

    frames: Cycles
    accuracies: tuple[Share, ...]
    exit_rates: tuple[tuple[Share, ...], ...]
    risks: tuple[Share, ...]
    latency_us: tuple[NonNegative, ...] | None
    energy_uj: tuple[NonNegative, ...] | None
    incremental_uj: tuple[NonNegative, ...] | None


class TradeOff(Record):
    """Policies from the safest to the boldest through the chosen one.

    Attributes:
        thresholds: thresholds of each policy, one per early exit.
        chosen: index of the chosen policy.
    """

    criterion: str
    thresholds: tuple[tuple[NonNegative, ...], ...]
    chosen: Count
    calibration: PricedCurve
    test: PricedCurve

    @model_validator(mode="after")
    def _a_row_per_policy(self) -> Self:
        rows = {len(self.thresholds)}
        for curve in (self.calibration, self.test):
            rows |= {len(column) for name, column in curve if isinstance(column, tuple)}
        widths = {len(row) + 1 for row in self.thresholds}
        widths |= {len(row) for curve in (self.calibration, self.test) for row in curve.exit_rates}
        if len(rows) != 1 or len(widths) != 1 or self.chosen >= len(self.thresholds):
            raise ValueError(
                "curves must have a row per policy, with a number per exit, also for the chosen one"
            )
        return self
