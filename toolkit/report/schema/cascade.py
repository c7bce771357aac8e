"""The stages as a cascade, and early exit against none over budgets."""

from __future__ import annotations

from toolkit.report.schema.basis import Count, Cycles, Histogram, NonNegative, Part, Positive, Share
from toolkit.report.schema.hardware import Usage


class Pace(Part):
    """One stage (trunk k with head k), in cycles: between frames, and from a frame's first beat in."""

    interval: Cycles
    logits: Cycles
    feature_map: Cycles | None


class Spread(Part):
    """Latency over the frames, in cycles; ``p99``: 99 % take no longer."""

    min: Cycles
    median: Cycles
    p99: Cycles
    max: Cycles


class Traffic(Part):
    """The test frames in one order.

    Attributes:
        latency_cycles, mean_latency_cycles: from a frame's first beat into stage 0 to its answer.
        interval_cycles: mean per frame, until the last answer.
        longest_queue: frames that waited before each stage at once, at most.
    """

    latency_cycles: Spread
    mean_latency_cycles: Positive
    latency_histogram: Histogram
    interval_cycles: Positive
    longest_queue: tuple[Count, ...]


class RateCurve(Part):
    """Cycles per frame in the long run, over the share of frames that leave at exit 0."""

    exit_rates: tuple[Share, ...]
    interval_cycles: tuple[Positive, ...]


class Cascade(Part):
    """All stages resident; frames that stay go through the host to the next.

    Attributes:
        compared: integers found equal to golden, stall patterns included.
        host_cycles: between two stages.
        natural: frames in their order in the test split.
        bursts: the same frames, those that stay in groups of ``burst_length``.
        interval_cycles: in the long run, at the exit rates of the test frames.
        slowest_exit_rate: with fewer frames leaving at exit 0 than this the late stages set the pace.
        warnings: in words.
    """

    frames: Cycles
    compared: Cycles
    host_cycles: Count
    stages: tuple[Pace, ...]
    natural: Traffic
    bursts: Traffic
    burst_length: Cycles
    interval_cycles: Positive
    curve: RateCurve
    slowest_exit_rate: Share
    warnings: tuple[str, ...]


class Used(Part):
    """Estimated resources of a design."""

    lut: Count
    bram: Count
    dsp: Count


class Design(Part):
    """The fastest folding within a budget, estimated; ``slowest``: the unit that sets its pace."""

    interval_cycles: Positive
    resources: Used
    slowest: str


class Point(Part):
    """One budget.

    Attributes:
        dsp: multipliers that each design may take.
        gain: how many times the baseline's throughput.
        share: multipliers with which early exit is as fast as the baseline, as a part of those that the
            baseline takes; None if it never is.
    """

    dsp: Count
    gain: Positive
    share: NonNegative | None
    early: Design
    baseline: Design


class Worst(Part):
    """The budget with the smallest gain."""

    dsp: Count
    gain: Positive


class Simulated(Part):
    """A design of the reference budget in simulation; ``compared``: integers equal to golden."""

    name: str
    interval_cycles: Cycles
    latency_cycles: Cycles
    map_cycles: Cycles | None
    estimated_cycles: Cycles
    resources: Usage
    compared: Cycles


class Reference(Part):
    """Both designs of the reference budget, simulated; ``gain`` at the exit rates they were folded for."""

    dsp: Count
    gain: Positive
    estimated_gain: Positive
    share: NonNegative | None
    interval_cycles: Positive
    stages: tuple[Simulated, ...]
    baseline: Simulated


class Comparison(Part):
    """Early exit against the same network without, each at its fastest within equal budgets.

    Attributes:
        board: whose part gives everything but the multipliers.
        reach: share of frames that gets to each stage, as on the calibration split; folded for these.
        floor_cycles: below which early exit cannot go, whatever the budget: its streams.
        geometric_mean, worst: of the gains of ``points``.
        warnings: in words.
    """

    board: str
    reach: tuple[Share, ...]
    floor_cycles: Positive
    geometric_mean: Positive
    worst: Worst
    points: tuple[Point, ...]
    reference: Reference
    warnings: tuple[str, ...]
