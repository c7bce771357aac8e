"""Exits, the mix of all and the network without early exit: what they answer and what they cost."""

from __future__ import annotations

from typing import Self

from toolkit.core.artifact import Record
from toolkit.core.quantities import Count, Cycles, Histogram, NonNegative, Positive, Share
from toolkit.cost import Cost, Energy


class Latency(Record):
    """Cycles from a frame's first beat in to its last beat out, over frames that follow without a gap."""

    min: Cycles
    median: Cycles
    max: Cycles


class Price(Record):
    """What a frame costs at the report's clock; every key is None if it is not known.

    Attributes:
        latency_us: from the image's first beat in to the answer.
        interval_us, frames_per_s: of frames that follow without a gap.
        energy_uj: at the board's input.
        incremental_uj: what of it is above the idle board.
        edp, edp_incremental: energy times latency, in µJ * µs.
    """

    latency_us: Positive | None = None
    interval_us: Positive | None = None
    frames_per_s: Positive | None = None
    energy_uj: Energy | None = None
    incremental_uj: Energy | None = None
    edp: NonNegative | None = None
    edp_incremental: NonNegative | None = None

    @classmethod
    def of(cls, cost: Cost | None) -> Self:
        """The keys of a cost; without one, nothing is known."""
        return cls() if cost is None else cls(**dict(cost))


class Exit(Price):
    """One exit: its part in the policy, what its accelerator does alone, what it costs in the cascade.

    Attributes:
        accuracy: if every frame left here.
        exit_rate: share of all frames that leave here.
        accuracy_of_exited: of those; None if none do.
        macs: multiply-accumulates of a frame that leaves here, heads of earlier exits included.
        path_macs: of the exit path alone, as its accelerator does them.
        latency_alone_cycles: of a frame that finds the accelerator empty.
        interval_cycles: between frames in steady state.
    """

    index: Count
    accuracy: Share
    exit_rate: Share
    accuracy_of_exited: Share | None
    macs: Count
    path_macs: Count
    latency_cycles: Latency
    latency_alone_cycles: Cycles
    latency_histogram: Histogram
    interval_cycles: Cycles


class Mix(Price):
    """All frames, each answered at the exit it leaves by; ``macs``: the mean per frame."""

    accuracy: Share
    macs: NonNegative


class Baseline(Price):
    """The last exit path at the same folding, answering every frame; keys as in :class:`Exit`.

    Attributes:
        accuracy_alone: of the backbone trained without early exits, on the same frames; None if no
            checkpoint of it ships.
        accuracy_alone_says: which checkpoint that is, or why there is none.
    """

    accuracy: Share
    accuracy_alone: Share | None
    accuracy_alone_says: str
    macs: Count
    latency_cycles: Latency
    latency_alone_cycles: Cycles
    interval_cycles: Cycles


class EqualResources(Record):
    """The two designs of the reference budget, which :attr:`Report.gain` compares.

    Attributes:
        dsp: multipliers that each may take; everything else is the ``part`` of this board.
        exits, combined, baseline: what a frame costs on them, with the exit rates of the test frames.
    """

    dsp: Count
    part: str
    exits: tuple[Cost, ...]
    combined: Cost
    baseline: Cost
