"""The result of step compare: early exit and the same network without it, at equal budgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from toolkit.cascade import StagePace
from toolkit.core.artifact import Artifact, Record
from toolkit.core.quantities import Count, Cycles, NonNegative, Positive, Share
from toolkit.core.usage import Usage, Used

if TYPE_CHECKING:
    from toolkit.compile.folding.search import Choice
    from toolkit.explore.budgets import Pair, Sweep


class Design(Record):
    """The fastest folding within a budget, estimated; ``slowest``: the unit that sets its pace."""

    interval_cycles: Positive
    resources: Used
    slowest: str

    @classmethod
    def of(cls, choice: Choice) -> Self:
        """Convert a folding found by the search."""
        used = Used(**choice.resources._asdict())
        return cls(interval_cycles=choice.interval, resources=used, slowest=choice.slowest)


class Point(Record):
    """One budget.

    Attributes:
        dsp: multipliers that each design may take.
        gain: ratio of the throughputs of early exit and baseline.
        share: multipliers with which early exit is as fast as the baseline, divided by those that the
            baseline uses; None if it never is.
    """

    dsp: Count
    gain: Positive
    share: NonNegative | None
    early: Design
    baseline: Design

    @classmethod
    def of(cls, pair: Pair) -> Self:
        """Convert both designs of a budget."""
        return cls(
            dsp=pair.budget.dsp,
            gain=pair.gain,
            share=pair.share,
            early=Design.of(pair.early),
            baseline=Design.of(pair.baseline),
        )


class Worst(Record):
    """The budget with the smallest gain."""

    dsp: Count
    gain: Positive


class Simulated(Record):
    """A design of the reference budget in simulation; ``compared``: number of integers equal to golden."""

    name: str
    interval_cycles: Cycles
    latency_cycles: Cycles
    map_cycles: Cycles | None
    estimated_cycles: Cycles
    resources: Usage
    compared: Cycles

    @property
    def pace(self) -> StagePace:
        """Pace of the design as a stage of a cascade."""
        return StagePace(
            interval=self.interval_cycles, logits=self.latency_cycles, feature_map=self.map_cycles
        )


class Reference(Record):
    """Both designs of the reference budget, simulated; ``gain`` is at the exit rates they were folded for."""

    dsp: Count
    gain: Positive
    estimated_gain: Positive
    share: NonNegative | None
    interval_cycles: Positive
    stages: tuple[Simulated, ...]
    baseline: Simulated

    @property
    def paces(self) -> tuple[tuple[StagePace, ...], StagePace]:
        """Pace of every stage, and of the network without early exits."""
        return tuple(stage.pace for stage in self.stages), self.baseline.pace


class Comparison(Artifact):
    """Early exit against the same network without, each at its fastest within equal budgets.

    Attributes:
        board: board whose part defines all resources but the multipliers.
        reach: share of frames that reaches each stage on the calibration split, for which designs are folded.
        floor_cycles: lower bound of early exit's cycles per frame with any budget.
        geometric_mean, worst: geometric mean and minimum of the gains of ``points``.
        warnings: warnings of :meth:`at_reach`.
    """

    FILE: ClassVar[str] = "comparison.json"

    board: str
    reach: tuple[Share, ...]
    floor_cycles: Positive
    geometric_mean: Positive
    worst: Worst
    points: tuple[Point, ...]
    reference: Reference
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, sweep: Sweep, board: str, reference: Reference) -> Self:
        """Convert a sweep over budgets of a board, of which one was simulated."""
        return cls(
            board=board,
            reach=sweep.reach,
            floor_cycles=sweep.floor,
            geometric_mean=sweep.geometric_mean,
            worst=Worst(dsp=sweep.worst.budget.dsp, gain=sweep.worst.gain),
            points=tuple(map(Point.of, sweep.pairs)),
            reference=reference,
        )

    def at_reach(self, reach: Sequence[float]) -> Self:
        """Return a copy with a warning for each stage that more frames reach than it was folded for.

        Args:
            reach: share of the test frames that reaches each stage.
        """
        pace = [stage.interval_cycles for stage in self.reference.stages]
        warnings = tuple(
            f"{seen:.1%} of the test frames reach stage {k}, which was folded for {wanted:.1%}"
            + (": it sets the pace" if seen * pace[k] > pace[0] else "; it still keeps up")
            for k, (seen, wanted) in enumerate(zip(reach, self.reach, strict=True))
            if seen > wanted
        )
        return self.model_copy(update={"warnings": warnings})

    def summary(self) -> str:
        """Summarise the comparison in one line."""
        return (
            f"{self.reference.gain:.2f} times the throughput at {self.reference.dsp} DSP (simulated); over "
            f"{len(self.points)} budgets {self.geometric_mean:.2f} in the geometric mean, "
            f"{self.worst.gain:.2f} at worst (estimated)"
        )
