"""The result of step cascade: the answer to every frame, and the times of stages and frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from toolkit.cascade.load import Spread
from toolkit.cascade.timing import (
    FrameTimes,
    Ints,
    StagePace,
    exit_rates,
    frame_times,
    in_bursts,
    interval_at,
)
from toolkit.core.artifact import Arrays, Artifact, Record, differences
from toolkit.core.errors import ArtifactError
from toolkit.core.quantities import Count, Cycles, Histogram, Positive, Share

BURST = 32
"""Length of the bursts of frames that stay, in the reordered test frames."""
RATES = 41
"""Number of points of the curve of throughput over the exit rate."""


class CascadeAnswers(Arrays):
    """The answers to the test frames.

    Attributes:
        labels: class of each frame, int64 [N].
        exits: index of the exit each frame left by, int64 [N].
        logits: integer logits of that exit, int64 [N, classes].
    """

    FILE: ClassVar[str] = "answers.npz"

    labels: NDArray[np.int64]
    exits: NDArray[np.int64]
    logits: NDArray[np.int64]

    def exit_rates(self, exits: int) -> tuple[float, ...]:
        """Return the share of the frames that left at each of ``exits`` exits."""
        return tuple(exit_rates(self.exits, exits).tolist())


class Traffic(Record):
    """Times of the test frames in one order.

    Attributes:
        latency_cycles, mean_latency_cycles: cycles from a frame's first beat into stage 0 to its answer.
        interval_cycles: mean cycles per frame, until the last answer.
        longest_queue: largest number of frames that waited for each stage at once.
    """

    latency_cycles: Spread
    mean_latency_cycles: Positive
    latency_histogram: Histogram
    interval_cycles: Positive
    longest_queue: tuple[Count, ...]

    @classmethod
    def of(cls, times: FrameTimes) -> Self:
        """Summarise the times of all frames."""
        return cls(
            latency_cycles=Spread.of(times.latency),
            mean_latency_cycles=float(times.latency.mean()),
            latency_histogram=Histogram.of(times.latency),
            interval_cycles=times.interval,
            longest_queue=times.longest_queue,
        )


class RateCurve(Record):
    """Cycles per frame in the long run, over the share of frames that leave at exit 0."""

    exit_rates: tuple[Share, ...]
    interval_cycles: tuple[Positive, ...]


class CascadeResult(Artifact):
    """All stages resident; frames that stay go through the host to the next.

    Attributes:
        compared: number of integers found equal to golden, stall patterns included.
        host_cycles: clock cycles that the host takes between two stages.
        natural: times of the frames in the order of the test split.
        bursts: times of the same frames, with those that stay in groups of ``burst_length``.
        interval_cycles: cycles per frame in the long run, at the exit rates of the test frames.
        slowest_exit_rate: share of frames leaving at exit 0 below which the late stages set the pace.
        warnings: warnings for the user.
    """

    FILE: ClassVar[str] = "cascade.json"

    frames: Cycles
    compared: Cycles
    host_cycles: Count
    stages: tuple[StagePace, ...]
    natural: Traffic
    bursts: Traffic
    burst_length: Cycles
    interval_cycles: Positive
    curve: RateCurve
    slowest_exit_rate: Share
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, exits: Ints, stages: Sequence[StagePace], *, compared: int, host_cycles: int) -> Self:
        """Compute times and throughput from the exits of the frames and the pace of the stages.

        Args:
            exits: exit of each frame in the order of the test split, int64 [N].
            stages: pace of each stage.
            compared: number of integers found equal to golden.
            host_cycles: clock cycles that the host takes between two stages.

        Raises:
            BadOption: there are no frames, or an exit has no stage.
        """
        rates, early = exit_rates(exits, len(stages)), np.linspace(0, 1, RATES)
        curve = interval_at(_over_early(early, rates), stages)
        slowest = _slowest(early[curve <= stages[0].interval])
        return cls(
            frames=len(exits),
            compared=compared,
            host_cycles=host_cycles,
            stages=tuple(stages),
            **_orders(exits, stages, host_cycles, BURST),
            burst_length=BURST,
            interval_cycles=float(interval_at(rates, stages)),
            curve=RateCurve(exit_rates=tuple(early.tolist()), interval_cycles=tuple(curve.tolist())),
            slowest_exit_rate=slowest,
            warnings=tuple(_warnings(float(rates[0]), slowest)),
        )

    def require(self, exits: Ints, folder: Path) -> None:
        """Refuse a result of other frames, or one that was changed afterwards.

        The latency of every frame is computed again from the stages' paces.

        Args:
            exits: exit of each frame, int64 [N].
            folder: folder of the result, for messages.

        Raises:
            ArtifactError: it is of other frames, or its latencies do not follow from its stages.
        """
        file, fix = folder / self.FILE, "Run the cascade again."
        if self.frames != len(exits):
            expected = f"{len(exits)} as verified"
            raise ArtifactError(f"frames in {file}", expected=expected, found=self.frames, fix=fix)
        for name, again in _orders(exits, self.stages, self.host_cycles, self.burst_length).items():
            found: Traffic = getattr(self, name)
            for figure, (wanted, have) in differences(again, found).items():
                raise ArtifactError(
                    f"{file}, latency in order '{name}'",
                    expected=f"{figure} {wanted}, from the stages and the frames' exits",
                    found=f"{figure} {have}",
                    fix=fix,
                )

    def summary(self) -> str:
        """Summarise the result in one line."""
        latency = self.natural.latency_cycles
        return (
            f"{self.frames:,} frames as golden ({self.compared:,} integers); "
            f"{self.natural.interval_cycles:,.0f} cycles per frame, latency {latency.median:,} (median) "
            f"to {latency.max:,}{''.join(f'; warning: {words}' for words in self.warnings)}"
        )


def _orders(exits: Ints, stages: Sequence[StagePace], host_cycles: int, burst: int) -> dict[str, Any]:
    orders = {"natural": exits, "bursts": in_bursts(exits, burst)}
    return {name: Traffic.of(frame_times(order, stages, host_cycles)) for name, order in orders.items()}


def _over_early(early: NDArray[np.float64], rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return exit rates [len(early), exits]; frames that stay leave later in the proportions of ``rates``."""
    late = rates[1:] / rates[1:].sum() if rates[1:].any() else np.eye(len(rates) - 1)[-1]
    return np.column_stack([early, np.outer(1 - early, late)])


def _slowest(enough: NDArray[np.float64]) -> float:
    return float(enough.min()) if len(enough) else 1.0


def _warnings(early: float, slowest: float) -> list[str]:
    if early >= slowest:
        return []
    return [f"{early:.1%} of the frames leave at exit 0; below {slowest:.1%} the late stages set the pace"]
