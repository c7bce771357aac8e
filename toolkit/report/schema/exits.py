"""Exits, the mix of all and the network without early exit: what they answer and what they cost."""

from __future__ import annotations

from typing import Any

from toolkit.report.schema.basis import Count, Cycles, Figure, Histogram, NonNegative, Part, Positive, Share


class Latency(Part):
    """Cycles from a frame's first beat in to its last beat out, over frames that follow without a gap."""

    min: Cycles
    median: Cycles
    max: Cycles


class Price(Part):
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
    energy_uj: Figure | None = None
    incremental_uj: Figure | None = None
    edp: NonNegative | None = None
    edp_incremental: NonNegative | None = None


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


class Combined(Price):
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


class Gain(Part):
    """Network without early exit divided by the mix, for throughput the other way round: more is better."""

    throughput: Positive
    latency: Positive
    energy: Positive | None
    edp: Positive | None
    energy_incremental: Positive | None
    edp_incremental: Positive | None


class EqualResources(Part):
    """The two designs of the reference budget, which :attr:`Report.gain` compares.

    Attributes:
        dsp: multipliers that each may take; everything else is the ``part`` of this board.
        exits, combined, baseline: what a frame costs on them, with the exit rates of the test frames.
    """

    dsp: Count
    part: str
    exits: tuple[Price, ...]
    combined: Price
    baseline: Price


def price_of(value: dict[str, Any]) -> dict[str, Any]:
    """The keys of a price, from any larger dictionary."""
    return {name: value[name] for name in Price.model_fields}
