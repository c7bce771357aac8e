"""Latency and throughput of a design at an offered load, in the order of the test split and in random order.

The frames of a run arrive one every so many cycles. All figures of a point are of one and the same replay by
:func:`toolkit.cascade.timing.frame_times`, so a throughput never stands beside the latency of an empty queue.
A network without early exits is a single stage by which every frame leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from toolkit.cascade.timing import (
    FrameTimes,
    Ints,
    StagePace,
    arrivals_at,
    exit_rates,
    frame_times,
    interval_at,
)
from toolkit.core.artifact import Record
from toolkit.core.errors import BadOption
from toolkit.core.quantities import Count, Cycles, Positive

Order = Literal["natural", "random"]
ORDERS: tuple[Order, ...] = get_args(Order)
SEEDS = 5
"""Number of seeded random orders, whose frames are counted together."""
LOADS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)
"""Offered loads of a curve, as shares of the design's throughput."""


class Spread(Record):
    """The distribution of the latency over the frames, in cycles; ``p99``: 99th percentile."""

    min: Cycles
    median: Cycles
    p99: Cycles
    max: Cycles

    @classmethod
    def of(cls, latency: Ints) -> Spread:
        """Compute minimum, median, 99th percentile and maximum of latencies, int64 [N]."""
        values = np.percentile(latency, [0, 50, 99, 100], method="higher")
        return cls(**dict(zip(("min", "median", "p99", "max"), map(int, values), strict=True)))


class LoadPoint(Record):
    """A design at one load, in one order of the frames.

    Attributes:
        load: frames offered, as a share of those that stages and host can take in the long run.
        offered_cycles: cycles between two arrivals.
        interval_cycles: cycles per frame: those offered, or more if the design cannot keep up.
        latency_cycles, mean_latency_cycles: cycles from a frame's arrival to its answer, decision included.
        longest_queue: largest number of frames that waited for each stage at once.
    """

    order: Order
    load: Positive
    offered_cycles: Positive
    interval_cycles: Positive
    latency_cycles: Spread
    mean_latency_cycles: Positive
    longest_queue: tuple[Count, ...]


@dataclass(frozen=True)
class Served:
    """A design and the frames that it answers.

    Attributes:
        exits: exit of each frame, in the order of the test split, int64 [N].
        stages: pace of each stage.
        slots: feature maps that the buffer in front of each later stage holds; None: any number.
        host_cycles: cycles between a decision and the frame's arrival at the next stage.
        decision_cycles: cycles in which the host decides on one frame, behind every stage but the last.
        seed: seed of the random orders.
    """

    exits: Ints
    stages: tuple[StagePace, ...]
    slots: int | None = None
    host_cycles: int = 0
    decision_cycles: int = 0
    seed: int = 0

    @classmethod
    def static(cls, frames: int, pace: StagePace) -> Served:
        """Return a network without early exits, which answers every frame alike."""
        return cls(np.zeros(frames, np.int64), (pace,))

    @property
    def interval(self) -> float:
        """Cycles per frame in the long run if no queue is ever full: of the slowest stage, or the host."""
        return self._interval(self.decision_cycles)

    @property
    def host_limits(self) -> bool:
        """Whether the host takes longer to decide on a frame than the stages do."""
        return self.interval > self._interval(0)

    def _interval(self, decision_cycles: int) -> float:
        rates = exit_rates(self.exits, len(self.stages))
        return float(interval_at(rates, self.stages, decision_cycles))

    def at(self, offered_cycles: float, order: Order) -> LoadPoint:
        """Replay the frames, one every ``offered_cycles`` cycles.

        Raises:
            BadOption: there are no frames, they do not fit the stages, or the cycles are not above 0.
        """
        if not 0 < offered_cycles < np.inf:
            raise BadOption("cycles between two frames", expected="above 0", found=offered_cycles)
        runs = [self._replay(exits, offered_cycles) for exits in self._orders(order)]
        latency = np.concatenate([run.latency for run in runs])
        accepted = [self._accepted(run) for run in runs]
        return LoadPoint(
            order=order,
            load=self.interval / offered_cycles,
            offered_cycles=offered_cycles,
            interval_cycles=max(offered_cycles, self.interval, float(np.mean(accepted))),
            latency_cycles=Spread.of(latency),
            mean_latency_cycles=float(latency.mean()),
            longest_queue=tuple(int(most) for most in np.max([run.longest_queue for run in runs], axis=0)),
        )

    def curve(self, order: Order, loads: Sequence[float] = LOADS) -> tuple[LoadPoint, ...]:
        """Replay the frames at several loads, as shares of :attr:`interval`'s throughput."""
        return tuple(self.at(self.interval / load, order) for load in loads)

    def _replay(self, exits: Ints, offered_cycles: float) -> FrameTimes:
        return frame_times(
            exits,
            self.stages,
            self.host_cycles,
            decision_cycles=self.decision_cycles,
            arrivals=arrivals_at(len(exits), offered_cycles),
            slots=self.slots,
        )

    def _orders(self, order: Order) -> list[Ints]:
        if order == "natural" or len(self.stages) == 1:  # by which all frames leave, in whatever order
            return [self.exits]
        return [np.random.default_rng([self.seed, i]).permutation(self.exits) for i in range(SEEDS)]

    def _accepted(self, run: FrameTimes) -> float:
        """Cycles per frame at which stage 0 took the frames; 0 for a single frame."""
        entered = run.entered[0]
        return float(entered[-1] - entered[0]) / max(1, len(entered) - 1)
