"""Simulates the stages of a design together: exits are decided, frames come with the gaps they really have.

Stage 0 is fed at the rate of the frames, a later stage by the cycles in which the stage before it had given
the last of the logits and of the feature map of each frame that stays. All cycles count from the same start,
so the answers are those of one run. Their times are compared with those of the event-driven model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from toolkit.cascade import Spread, StagePace
from toolkit.cascade.timing import arrivals_at, frame_times
from toolkit.compose import Accelerator
from toolkit.compose.accelerator import MAP, OUTPUT
from toolkit.compose.sizing import Uniform
from toolkit.core.errors import SimulationError
from toolkit.explore.comparison import Together
from toolkit.verify.stages import GoldenStage, beats, require_stage

Ints = NDArray[np.int64]
Leaves = Callable[[Ints], NDArray[np.bool_]]
"""Decision of a stage on logits, int64 [N, classes]."""
START = 64
"""Cycle of the first arrival, when every stage is out of reset."""
TOLERANCE = 0.01
"""Largest difference of the mean latency between model and simulation, as a share."""


@dataclass(frozen=True)
class Played:
    """Frames that went through a stage; all arrays have a row per frame.

    Attributes:
        compared: number of integers found equal to golden.
        logits, feature_map: outputs, int64 [N, elements]; the last stage has no feature map.
        taken, read: cycle of the first and of the last beat in, int64 [N].
        answered, decided: cycle of the last beat of the logits, and of all outputs, int64 [N].
    """

    compared: int
    logits: Ints
    feature_map: Ints | None
    taken: Ints
    read: Ints
    answered: Ints
    decided: Ints


class Stage(Protocol):
    """A stage that can be simulated."""

    @property
    def pace(self) -> StagePace:
        """Its pace by itself."""

    def play(self, inputs: Ints, golden: GoldenStage, at: Ints) -> Played:
        """Simulate frames (N, elements), each from its cycle of ``at``, and compare them with golden."""


@dataclass(frozen=True)
class SimulatedStage:
    """An accelerator in simulation, with its queues sized."""

    accelerator: Accelerator
    sized: Uniform

    @property
    def pace(self) -> StagePace:
        """Its pace: the longest of the last two intervals, and the latencies of the first frame."""
        run, stamps = self.sized.run, self.sized.run.stamps
        return StagePace(
            interval=int(run.intervals[-2:].max()),
            logits=int(stamps[OUTPUT].last[0] - run.first_in[0]),
            feature_map=int(stamps[MAP].last[0] - run.first_in[0]) if MAP in stamps else None,
        )

    def play(self, inputs: Ints, golden: GoldenStage, at: Ints) -> Played:
        """Simulate frames, see :class:`Stage`."""
        (stream,) = beats(self.accelerator.design(), inputs).values()
        run = self.sized.play(stream, at)
        rows = {name: values.reshape(len(inputs), -1) for name, values in run.outputs.items()}
        return Played(
            compared=require_stage(self.accelerator, golden, run.outputs),
            logits=rows[OUTPUT],
            feature_map=rows.get(MAP),
            taken=run.first_in,
            read=run.last_in,
            answered=run.stamps[OUTPUT].last,
            decided=run.last_out,
        )


def simulate_together(
    stages: Sequence[Stage],
    golden: Sequence[GoldenStage],
    exits: Ints,
    leaves: Sequence[Leaves],
    offered_cycles: float,
    slots: int | None = None,
) -> Together:
    """Simulate frames that come one every ``offered_cycles`` cycles, in the order of the test split.

    Args:
        stages: stages of a cascade, or the network without early exits alone.
        golden: golden values of each stage, for every frame.
        exits: exit of each frame as decided on golden logits, int64 [N].
        leaves: decision of each stage but the last.
        slots: feature maps that the buffer in front of each later stage holds.

    Raises:
        VerificationMismatch: an output differs from golden.
        SimulationError: a buffer held more maps than it has slots, or the model is wrong.
    """
    arrivals = START + arrivals_at(len(exits), offered_cycles)
    modelled = frame_times(exits, [stage.pace for stage in stages], arrivals=arrivals, slots=slots)
    answered, compared = np.zeros(len(exits), np.int64), 0
    frames, inputs, at = np.arange(len(exits)), golden[0].inputs, arrivals
    behind: list[tuple[Played, NDArray[np.bool_]]] = []
    for k, stage in enumerate(stages):
        if k < len(leaves):  # a frame is held up until there is a slot for its map
            at = np.maximum(at, modelled.entered[k][frames])
        found = stage.play(inputs, golden[k].take(frames), at)
        compared += found.compared
        answered[frames] = found.answered
        for before, stayed in behind[-1:]:
            _require_slots(before, stayed, found.read, slots)
        if k == len(leaves) or found.feature_map is None:
            break
        stay = ~np.asarray(leaves[k](found.logits))
        behind.append((found, stay))
        frames, inputs, at = frames[stay], found.feature_map[stay], found.decided[stay]
        if not len(frames):
            break
    return _agree(answered - arrivals, modelled.latency, offered_cycles, compared)


def _require_slots(before: Played, stay: NDArray[np.bool_], read: Ints, slots: int | None) -> None:
    """Count the slots in use whenever one is taken, from simulated cycles alone."""
    free = before.decided.copy()
    free[stay] = read + 1
    used = max(int(((before.taken <= at) & (at < free)).sum()) for at in before.taken)
    if slots is not None and used > slots:
        raise SimulationError("feature maps in the buffer", expected=f"at most {slots}", found=used)


def _agree(latency: Ints, modelled: Ints, offered_cycles: float, compared: int) -> Together:
    found, expected = float(latency.mean()), float(modelled.mean())
    if abs(found - expected) > TOLERANCE * found:
        raise SimulationError(
            "mean latency of frames that are simulated together",
            expected=f"{expected:,.1f} cycles, by the event-driven model",
            found=f"{found:,.1f}",
        )
    return Together(
        frames=len(latency),
        compared=compared,
        offered_cycles=offered_cycles,
        latency_cycles=Spread.of(latency),
        mean_latency_cycles=found,
        modelled_latency_cycles=expected,
        largest_difference_cycles=int(np.abs(latency - modelled).max()),
    )
