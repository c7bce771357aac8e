"""Accuracy and costs of exits, of the mix of all frames and of the network without early exit."""

from __future__ import annotations

from typing import Self

from toolkit.core.artifact import Record
from toolkit.core.quantities import Count, Cycles, Histogram, NonNegative, Positive, Share
from toolkit.cost import Cost, Energy
from toolkit.exits.quality import Within


class Latency(Record):
    """Cycles from a frame's first beat in to its last beat out, over frames without a gap between them."""

    min: Cycles
    median: Cycles
    max: Cycles


class Price(Record):
    """The cost of a frame at the report's clock; a key is None if it is not known.

    Attributes:
        latency_us: time from the image's first beat in to the answer.
        interval_us, frames_per_s: time between frames and throughput, without gaps between frames.
        energy_uj: energy at the board's input.
        incremental_uj: part of it that is above idle.
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
        """Take the keys from a cost; all are None without one."""
        return cls() if cost is None else cls(**dict(cost))


class Judged(Price):
    """What has an accuracy: that of its answers, a share; None if the network does not classify."""

    accuracy: Share | None

    @property
    def right(self) -> float:
        """The accuracy, of a network that classifies."""
        assert self.accuracy is not None
        return self.accuracy


class Exit(Judged):
    """One exit: its accuracy and rate, the speed of its exit path, its costs in the cascade.

    Attributes:
        index: index of the exit.
        accuracy: accuracy if every frame left here.
        exit_rate: share of all frames that leave here.
        accuracy_of_exited: accuracy of those; None if there are none.
        accuracy_within, exit_rate_within, accuracy_of_exited_within: where these lie, see :class:`Within`.
        macs: multiply-accumulates of a frame that leaves here, heads of earlier exits included.
        path_macs: multiply-accumulates of the exit path alone, as its accelerator computes them.
        latency_cycles, latency_histogram: latency on the exit path, in a stream of frames.
        latency_alone_cycles: latency of a frame that enters the empty accelerator.
        interval_cycles: cycles between frames in steady state.
    """

    index: Count
    exit_rate: Share
    accuracy_of_exited: Share | None
    accuracy_within: Within | None = None
    exit_rate_within: Within | None = None
    accuracy_of_exited_within: Within | None = None
    macs: Count
    path_macs: Count
    latency_cycles: Latency
    latency_alone_cycles: Cycles
    latency_histogram: Histogram
    interval_cycles: Cycles


class Mix(Judged):
    """The mix of all frames, each answered at the exit it leaves by; ``macs``: mean per frame."""

    accuracy_within: Within | None = None
    macs: NonNegative


class Baseline(Judged):
    """The last exit path at the same folding, if it answers every frame; keys as in :class:`Exit`.

    Attributes:
        accuracy_alone: accuracy of the backbone trained without early exits, on the same frames; None if no
            checkpoint of it ships.
        accuracy_alone_says: checkpoint of that accuracy, or the reason why there is none.
    """

    accuracy_within: Within | None = None
    accuracy_alone: Share | None
    accuracy_alone_within: Within | None = None
    accuracy_alone_says: str
    macs: Count
    latency_cycles: Latency
    latency_alone_cycles: Cycles
    interval_cycles: Cycles


class EqualResources(Record):
    """The two designs of the reference budget, which :attr:`Report.gain` compares.

    Attributes:
        dsp: multipliers that each may use.
        part: board whose part limits all other resources.
        exits, combined, baseline: cost of a frame on them, at the exit rates of the test frames.
    """

    dsp: Count
    part: str
    exits: tuple[Cost, ...]
    combined: Cost
    baseline: Cost
