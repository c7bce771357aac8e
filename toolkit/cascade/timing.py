"""Computes when the frames of a cascade are answered, in clock cycles; all stages are on the chip.

Frames enter stage 0 without a gap. A frame that stays arrives at the next stage with the last word of its
feature map, plus the host's cycles; it enters one interval after the frame before it. Interval and latency of
each stage come from simulation. They do not depend on the content of a frame: the accelerators contain no
data-dependent control.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
        logits: cycles from a frame's first beat in to the last beat of its logits out.
        feature_map: cycles to the last beat of its feature map out; None at the last stage.
    """

    interval: Cycles
    logits: Cycles
    feature_map: Cycles | None


@dataclass(frozen=True)
class FrameTimes:
    """Times of a sequence of frames.

    Attributes:
        latency: cycles from each frame's first beat into stage 0 to its answer, int64 [N].
        interval: mean cycles per frame, until the last answer.
        longest_queue: largest number of frames that waited for each stage at once.
    """

    latency: Ints
    interval: float
    longest_queue: tuple[int, ...]


def frame_times(exits: Ints, stages: Sequence[StagePace], host_cycles: int = 0) -> FrameTimes:
    """Compute the times of frames that go through the stages.

    Args:
        exits: exit of each frame, in the order in which they enter, int64 [N].
        stages: pace of each stage.
        host_cycles: cycles between a feature map's last word and the frame's arrival at the next stage.

    Raises:
        BadOption: there are no frames, or an exit has no stage.
    """
    if not len(exits) or exits.min() < 0 or exits.max() >= len(stages):
        raise BadOption("exits of the frames", expected=f"0 to {len(stages) - 1} for each", found=exits)
    answered = np.zeros(len(exits), np.int64)
    arrival, frames, queues = np.arange(len(exits)) * stages[0].interval, np.arange(len(exits)), []
    for k, stage in enumerate(stages):
        entry = _entries(arrival, stage.interval)
        queues.append(_longest(arrival, entry))
        leaves = exits[frames] == k
        answered[frames[leaves]] = entry[leaves] + stage.logits
        frames = frames[~leaves]
        if not len(frames):
            break
        if stage.feature_map is None:
            raise BadOption(f"stage {k}", expected="a feature map for the next stage", found="none")
        arrival = entry[~leaves] + stage.feature_map + host_cycles
    entered = np.arange(len(exits)) * stages[0].interval
    queues += [0] * (len(stages) - len(queues))
    return FrameTimes(answered - entered, float(answered.max() + 1) / len(exits), tuple(queues))


def _entries(arrival: Ints, interval: int) -> Ints:
    """Compute ``entry[j] = max(arrival[j], entry[j - 1] + interval)`` without a loop."""
    steps = np.arange(len(arrival)) * interval
    return np.maximum.accumulate(arrival - steps) + steps


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


def interval_at(rates: npt.NDArray[np.float64], stages: Sequence[StagePace]) -> npt.NDArray[np.float64]:
    """Compute the cycles per frame in the long run, float64 [...], from exit rates [..., exits].

    The slowest stage sets the pace, and stage k sees only the frames that reach it.
    """
    reach = np.cumsum(rates[..., ::-1], axis=-1)[..., ::-1]
    return np.max(reach * [stage.interval for stage in stages], axis=-1)
