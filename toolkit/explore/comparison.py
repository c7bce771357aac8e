"""The result of step compare: early exit and the same network without it, at equal budgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from toolkit.cascade import Spread, StagePace
from toolkit.core.artifact import Artifact, Record
from toolkit.core.quantities import Count, Cycles, NonNegative, Positive, Share
from toolkit.core.usage import Usage, Used
from toolkit.families.resources import block_rams

if TYPE_CHECKING:
    from toolkit.compile.folding.search import Choice
    from toolkit.explore.budgets import Pair, Sweep


SLOTS = 64
"""Feature maps that the buffer in front of a later stage holds."""
FORK_LUT = 6
"""Look-up tables of a fork: the handshakes of ``offramp_fork.sv``; the rest of it are registers."""


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


class MapBuffer(Record):
    """The buffer for feature maps in front of each later stage, which early exit alone needs.

    Attributes:
        slots: feature maps that each holds.
        map_bits: bits of a feature map, per buffer.
        resources: all buffers, and the forks in front of them (estimated).
    """

    slots: Cycles
    map_bits: tuple[Cycles, ...]
    resources: Used

    @classmethod
    def of(cls, map_bits: Sequence[int], slots: int = SLOTS) -> Self:
        """Estimate the resources of buffers for feature maps of so many bits."""
        bram = sum(block_rams(bits * slots) for bits in map_bits)
        return cls(
            slots=slots,
            map_bits=tuple(map_bits),
            resources=Used(lut=FORK_LUT * len(map_bits), bram=bram, dsp=0),
        )


class Point(Record):
    """One budget.

    Attributes:
        dsp: multipliers that each design may take.
        gain: ratio of the throughputs of early exit and baseline, if the decision takes no time.
        share: multipliers with which early exit is as fast as the baseline, divided by those that the
            baseline uses; None if it never is, or if the designs keep a bound on latency.
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


class LatencyBound(Record):
    """A bound on latency that all designs keep, estimated, if the decision takes no time.

    Attributes:
        latency_us: largest mean latency at the board's clock, over calibration frames in their order.
        load: frames offered, as a share of those that a design can take in the long run.
    """

    latency_us: Positive
    load: Share
    provenance: Literal["estimated"] = "estimated"

    @classmethod
    def of(cls, sweep: Sweep) -> Self | None:
        """Return the bound of a sweep; None: it has none."""
        if sweep.bound is None:
            return None
        return cls(latency_us=sweep.bound.latency_us, load=sweep.bound.load)

    def __str__(self) -> str:
        return f"a mean latency of at most {self.latency_us:,g} us at {self.load:.0%} load"


class Worst(Record):
    """The budget with the smallest gain."""

    dsp: Count
    gain: Positive


class Simulated(Record):
    """A design of the reference budget in simulation."""

    name: str
    interval_cycles: Cycles
    latency_cycles: Cycles
    map_cycles: Cycles | None
    estimated_cycles: Cycles
    resources: Usage

    @property
    def pace(self) -> StagePace:
        """Pace of the design as a stage of a cascade."""
        return StagePace(
            interval=self.interval_cycles, logits=self.latency_cycles, feature_map=self.map_cycles
        )


class Together(Record):
    """A design simulated at one rate, in the order of the test split, beside the event-driven model.

    Attributes:
        frames: number of frames.
        compared: number of integers found equal to golden.
        offered_cycles: cycles between two arrivals.
        latency_cycles, mean_latency_cycles: cycles from a frame's arrival to its answer, simulated.
        modelled_latency_cycles: mean of the event-driven model.
        largest_difference_cycles: largest difference of a frame's latency between the two.
    """

    frames: Cycles
    compared: Count
    offered_cycles: Positive
    latency_cycles: Spread
    mean_latency_cycles: Positive
    modelled_latency_cycles: Positive
    largest_difference_cycles: Count


class Reference(Record):
    """The designs of the reference budget, simulated.

    Attributes:
        gain: ratio of the throughputs at the exit rates that the designs were folded for, without the time of
            a host that decides.
        first: the network that ends at exit 0.
        together: all stages simulated together at ``interval_cycles``; ``together_baseline``: the same frames
            without early exits, at its own interval.
    """

    dsp: Count
    gain: Positive
    estimated_gain: Positive
    share: NonNegative | None
    interval_cycles: Positive
    stages: tuple[Simulated, ...]
    baseline: Simulated
    first: Simulated
    together: Together
    together_baseline: Together

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
        distinct: number of different pairs of designs among the budgets.
        equal: number of budgets at which both designs are equally fast.
        bound: bound on latency that all designs keep; None: they are the fastest.
        left_out: multipliers of the budgets that a design does not fit, or cannot keep the bound within.
        warnings: warnings of :meth:`at_reach`.
    """

    FILE: ClassVar[str] = "comparison.json"

    board: str
    reach: tuple[Share, ...]
    floor_cycles: Positive
    geometric_mean: Positive
    worst: Worst
    distinct: Cycles
    equal: Count
    points: tuple[Point, ...]
    buffer: MapBuffer
    reference: Reference
    bound: LatencyBound | None
    left_out: tuple[Count, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, sweep: Sweep, board: str, reference: Reference, buffer: MapBuffer) -> Self:
        """Convert a sweep over budgets of a board, of which one was simulated."""
        return cls(
            board=board,
            reach=sweep.reach,
            floor_cycles=sweep.floor,
            geometric_mean=sweep.geometric_mean,
            worst=Worst(dsp=sweep.worst.budget.dsp, gain=sweep.worst.gain),
            distinct=sweep.distinct,
            equal=sum(pair.gain == 1 for pair in sweep.pairs),
            points=tuple(map(Point.of, sweep.pairs)),
            buffer=buffer,
            reference=reference,
            bound=LatencyBound.of(sweep),
            left_out=tuple(sweep.refused),
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
        found = self.reference
        early, static = (each.mean_latency_cycles for each in (found.together, found.together_baseline))
        kept = "" if self.bound is None else f"; designs keep {self.bound} (estimated)"
        return (
            f"{found.gain:.2f} times the throughput at {found.dsp} DSP if the decision takes no time, then "
            f"with a mean latency of {early:,.0f} cycles over {found.together.frames:,} test frames in their "
            f"order against {static:,.0f} (simulated); over {len(self.points)} budgets ({self.distinct} "
            f"different) {self.geometric_mean:.2f} in the geometric mean, {self.worst.gain:.2f} at worst "
            f"(estimated){kept}"
        )
