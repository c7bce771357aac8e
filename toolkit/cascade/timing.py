"""Computes when the frames of a cascade are answered, in clock cycles: an event-driven model of its stages.

A frame arrives at stage 0 and enters when the frame before it is one interval ahead. Once its logits are out,
the host decides on it, on one frame of a stage after the other; decisions of two stages do not wait for each
other. If the frame leaves, it is answered then; else it goes on as soon as its feature map is out as well,
and waits for the next stage in the order of arrival. With a buffer of ``slots`` feature maps in front of
every later stage, a frame enters a stage only with a slot for its map: a full buffer holds up the stage
before it, and that one the frames that arrive. A slot is taken at entry, since the map is written before the
decision. It is free again when the frame leaves, or one interval after it has entered the next stage, which
has read it by then.

Interval and latency of each stage come from simulation. They do not depend on the content of a frame: the
accelerators contain no data-dependent control.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from toolkit.core.artifact import Record
from toolkit.core.errors import BadOption
from toolkit.core.quantities import Cycles

Ints = npt.NDArray[np.int64]


class StagePace(Record):
    """The pace of one stage in simulation, in clock cycles.

    Attributes:
        interval: cycles between frames in steady state.
        logits: cycles from a frame's first beat in to the last beat of its logits out, in an empty stage.
        feature_map: cycles to the last beat of its feature map out; None at the last stage.
    """

    interval: Cycles
    logits: Cycles
    feature_map: Cycles | None

    def passed(self, decision_cycles: int = 0) -> int:
        """Cycles until a frame can go on: it is decided that it stays, and its feature map is complete."""
        return max(self.logits + decision_cycles, self.feature_map or 0)


@dataclass(frozen=True)
class FrameTimes:
    """Times of a sequence of frames.

    Attributes:
        latency: cycles from each frame's arrival to its answer, int64 [N].
        entered: cycle in which each frame enters each stage, int64 [stages, N]; -1 if it has left before.
        interval: mean cycles per frame, until the last answer.
        longest_queue: largest number of frames that waited for each stage at once.
    """

    latency: Ints
    entered: Ints
    interval: float
    longest_queue: tuple[int, ...]


def arrivals_at(frames: int, cycles: float) -> Ints:
    """Return the arrivals of frames that come one every so many cycles, int64 [N]."""
    return np.floor(np.arange(frames) * cycles).astype(np.int64)


def frame_times(
    exits: Ints,
    stages: Sequence[StagePace],
    host_cycles: int = 0,
    *,
    decision_cycles: int = 0,
    arrivals: Ints | None = None,
    slots: int | None = None,
) -> FrameTimes:
    """Compute the times of frames that go through the stages.

    Args:
        exits: exit of each frame, in the order in which they arrive, int64 [N].
        stages: pace of each stage.
        host_cycles: cycles between a decision and the frame's arrival at the next stage.
        decision_cycles: cycles of a decision, behind the logits of every stage but the last.
        arrivals: cycle in which each frame arrives, int64 [N], never falling; None: as fast as
            stage 0 takes them.
        slots: feature maps that the buffer in front of each later stage holds; None: any number.

    Raises:
        BadOption: there are no frames, an exit has no stage, arrivals are not one per frame or fall, or a
            buffer has no slot.
    """
    _check(exits, stages, slots)
    times = arrivals_at(len(exits), stages[0].interval) if arrivals is None else arrivals
    if times.shape != exits.shape or (np.diff(times) < 0).any():
        raise BadOption("arrivals of the frames", expected=f"{len(exits)} that never fall", found=times)
    free, told = [0] * len(stages), [0] * len(stages)
    buffers = [_Buffer(slots) for _ in stages[1:]]
    arrived: list[list[int]] = [[] for _ in stages]
    entered = np.full((len(stages), len(exits)), -1, np.int64)
    answered = np.empty(len(exits), np.int64)
    for frame, (at, last) in enumerate(zip(times.tolist(), exits.tolist(), strict=True)):
        for k, stage in enumerate(stages[: last + 1]):
            entry = max(at, free[k])
            if k < len(buffers):
                entry = buffers[k].take(entry)
            arrived[k].append(at)
            entered[k, frame] = entry
            free[k] = entry + stage.interval
            if k > 0:
                buffers[k - 1].give_back(free[k])
            decision = decision_cycles if k < len(buffers) else 0
            told[k] = max(entry + stage.logits, told[k]) + decision
            at = max(told[k], entry + (stage.feature_map or 0)) + host_cycles
        answered[frame] = told[last]
        if last < len(buffers):
            buffers[last].give_back(at)
    queues = [
        _longest(np.array(at, np.int64), one[one >= 0]) for at, one in zip(arrived, entered, strict=True)
    ]
    return FrameTimes(answered - times, entered, float(answered.max() + 1) / len(exits), tuple(queues))


def _check(exits: Ints, stages: Sequence[StagePace], slots: int | None) -> None:
    if not len(exits) or exits.min() < 0 or exits.max() >= len(stages):
        raise BadOption("exits of the frames", expected=f"0 to {len(stages) - 1} for each", found=exits)
    if slots is not None and slots < 1:
        raise BadOption("slots for feature maps", expected="at least 1", found=slots)
    for k, stage in enumerate(stages[: int(exits.max())]):
        if stage.feature_map is None:
            raise BadOption(f"stage {k}", expected="a feature map for the next stage", found="none")


class _Buffer:
    """The slots for feature maps in front of a stage; frames ask in the order of their arrival."""

    def __init__(self, slots: int | None) -> None:
        self._slots = slots
        self._given_back: list[int] = []  # a cycle for every slot in use; frees are known when the next asks

    def take(self, at: int) -> int:
        """Take a slot at cycle ``at``, or as soon as one is free; return the cycle."""
        while self._given_back and self._given_back[0] <= at:
            heappop(self._given_back)
        return heappop(self._given_back) if len(self._given_back) == self._slots else at

    def give_back(self, at: int) -> None:
        """State the cycle in which the slot taken last will be free."""
        heappush(self._given_back, at)


def _longest(arrival: Ints, entry: Ints) -> int:
    """Return the largest number of frames that have arrived and not entered, checked at each arrival."""
    arrived = np.arange(1, len(arrival) + 1)
    waiting = arrived - np.searchsorted(entry, arrival, side="right")
    return int(waiting.max(initial=0))


def in_bursts(exits: Ints, length: int) -> Ints:
    """Reorder the frames so that those that stay come in groups of ``length``, far apart."""
    early, late = exits[exits == 0], exits[exits != 0]
    groups = -(-len(late) // length) if len(late) else 0
    places = np.repeat(np.linspace(0, len(early), groups, endpoint=False).astype(int), length)[: len(late)]
    return np.insert(early, places, late)


def exit_rates(exits: Ints, stages: int) -> npt.NDArray[np.float64]:
    """Return the share of frames that leaves at each exit, float64 [stages], from their exits, int64 [N]."""
    return np.asarray(np.bincount(exits, minlength=stages) / len(exits))


def reach(rates: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the share of frames that reaches each stage from exit rates, both float64 [..., exits]."""
    there = np.cumsum(np.asarray(rates, np.float64)[..., ::-1], axis=-1)[..., ::-1]
    there[..., 0] = 1.0  # the sum of all rates but for its rounding
    return np.minimum(there, 1.0)


def interval_at(
    rates: npt.NDArray[np.float64], stages: Sequence[StagePace], decision_cycles: int = 0
) -> npt.NDArray[np.float64]:
    """Compute the cycles per frame in the long run, float64 [...], from exit rates [..., exits].

    The slowest stage sets the pace, and stage k sees only the frames that reach it; or the host that decides
    on a frame behind every stage but the last.
    """
    there = reach(rates)
    host = decision_cycles * there[..., :-1].sum(axis=-1)
    return np.maximum(np.max(there * [stage.interval for stage in stages], axis=-1), host)
