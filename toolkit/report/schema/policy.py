"""When frames leave, and what other thresholds would have done."""

from __future__ import annotations

from typing import Any, Self

from pydantic import model_validator

from toolkit.core.artifact import Record
from toolkit.core.quantities import Count, Cycles, NonNegative, Share


class Disagreement(Record):
    """Frames of the test split for which the float criterion decides otherwise than the integer rule.

    Counted at one exit at its threshold, over all ``frames``, also those that never get there.
    """

    exit: Count
    frames: Cycles
    differing: Count


class PolicyInForce(Record):
    """When frames leave: at the first exit whose criterion fires, else at the last.

    Attributes:
        criterion: of the early exits; None with one exit, as there is nothing to decide.
        thresholds: one per early exit.
        fraction_bits: of the integer rule's tables.
        calibrated_on: the split that thresholds were chosen on.
        chosen: how, in words.
        objective, guarantee: as in ``policy.json``; None if there is none.
        float_disagreements: one per early exit.
    """

    criterion: str | None
    thresholds: tuple[NonNegative, ...]
    fraction_bits: Count | None
    calibrated_on: str
    chosen: str
    objective: dict[str, Any] | None
    guarantee: dict[str, Any] | None
    float_disagreements: tuple[Disagreement, ...]


class PricedCurve(Record):
    """What thresholds do to the frames of one split; a row per threshold of :class:`TradeOff`.

    Attributes:
        frames: of the split.
        accuracies: of all frames, each answered at the exit it leaves by.
        exit_rates: share of all frames that leaves at each exit.
        risks: share of all frames answered wrongly that the last exit answers correctly.
        latency_us, energy_uj, incremental_uj: means per frame; None where not known.
    """

    frames: Cycles
    accuracies: tuple[Share, ...]
    exit_rates: tuple[tuple[Share, ...], ...]
    risks: tuple[Share, ...]
    latency_us: tuple[NonNegative, ...] | None
    energy_uj: tuple[NonNegative, ...] | None
    incremental_uj: tuple[NonNegative, ...] | None


class TradeOff(Record):
    """Every threshold that calibration chose from, safest first; all early exits share one.

    ``chosen``: index of the one in force.
    """

    criterion: str
    thresholds: tuple[NonNegative, ...]
    chosen: Count
    calibration: PricedCurve
    test: PricedCurve

    @model_validator(mode="after")
    def _a_row_per_threshold(self) -> Self:
        rows = {len(self.thresholds)}
        for curve in (self.calibration, self.test):
            rows |= {len(column) for name, column in curve if isinstance(column, tuple)}
        if len(rows) != 1 or self.chosen >= len(self.thresholds):
            raise ValueError("curves must have a row per threshold, also for the chosen one")
        return self
