"""When frames come out of a cascade whose stages are all resident, in clock cycles.

Frames enter stage 0 without a gap. A frame that stays arrives at the next stage with the last word of its
feature map, plus the host's share; it enters when the one before it has been in for one interval. Interval
and latency of each stage are the simulated ones; streams of these accelerators never wait for data they
depend on, so a frame takes as long in one stage whatever its content.
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
    """Pace of one stage, in cycles, simulated.

    Attributes:
        interval: between frames in steady state.
        logits: from a frame's first beat in to its logits' last beat out.
        feature_map: likewise; None at the last stage.
    """

    interval: Cycles
    logits: Cycles
    feature_map: Cycles | None


@dataclass(frozen=True)
class FrameTimes:
    """When each of a sequence of frames is answered.

    Attributes:
        latency: per frame, from its first beat into stage 0 to its answer, int64 [N].
        interval: mean cycles per frame, until the last answer.
        longest_queue: per stage, frames that waited at its entry at once, at most.
    """

    latency: Ints
    interval: float
    longest_queue: tuple[int, ...]


def frame_times(exits: Ints, stages: Sequence[StagePace], host_cycles: int = 0) -> FrameTimes:
    """Send frames through the stages.

    Args:
        exits: int64 [N], where each frame leaves, in the order in which they enter.
        stages: one per exit.
        host_cycles: between a feature map's last word and the frame's arrival at the next stage.

    Raises:
        BadOption: no frames, or an exit that has no stage.
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
    """``entry[j] = max(arrival[j], entry[j - 1] + interval)``, all at once."""
    steps = np.arange(len(arrival)) * interval
    return np.maximum.accumulate(arrival - steps) + steps


def _longest(arrival: Ints, entry: Ints) -> int:
    """Frames that have arrived and not entered, at most; looked at whenever one arrives."""
    arrived = np.arange(1, len(arrival) + 1)
    waiting = arrived - np.searchsorted(entry, arrival, side="right")
    return int(waiting.max(initial=0))


def in_bursts(exits: Ints, length: int) -> Ints:
    """The same frames, reordered: those that stay come in groups of ``length``, far apart."""
    early, late = exits[exits == 0], exits[exits != 0]
    groups = -(-len(late) // length) if len(late) else 0
    places = np.repeat(np.linspace(0, len(early), groups, endpoint=False).astype(int), length)[: len(late)]
    return np.insert(early, places, late)


def interval_at(rates: npt.NDArray[np.float64], stages: Sequence[StagePace]) -> npt.NDArray[np.float64]:
    """Cycles per frame in the long run, float64 [...], for shares [..., exits] leaving at each exit.

    The slowest stage sets the pace, and stage k sees only the frames that reach it.
    """
    reach = np.cumsum(rates[..., ::-1], axis=-1)[..., ::-1]
    return np.max(reach * [stage.interval for stage in stages], axis=-1)
