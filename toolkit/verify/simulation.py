"""Frames through the RTL of an accelerator, and what one exit path did with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from toolkit.compose import Accelerator
from toolkit.compose.accelerator import INPUT, OUTPUT
from toolkit.core.artifact import Arrays
from toolkit.core.env import settings
from toolkit.sim import SimRun, Simulator, build
from toolkit.verify.hardware import input_beats

WORTHWHILE_CYCLES = 5_000_000
"""Simulated cycles from which full optimisation saves more time than it costs."""


class PathRun(Arrays):
    """What an exit path did with the test images, cycle by cycle.

    Attributes:
        logits: int32 [N, classes], out of the RTL.
        latency: int64 [N], cycles from a frame's first beat in to its last beat out; the first frame found
            the accelerator empty.
        intervals: int64, cycles between the last beats of neighbouring frames of one process.
    """

    FILE: ClassVar[str] = "run.npz"

    logits: np.ndarray
    latency: np.ndarray
    intervals: np.ndarray

    @classmethod
    def of(cls, run: SimRun) -> Self:
        """Keep what counts of a simulation."""
        logits = run.outputs[OUTPUT].reshape(len(run.latency), -1).astype(np.int32)
        return cls(logits=logits, latency=run.latency, intervals=run.intervals)


def simulator_for(accelerator: Accelerator, frames: int, **options: Any) -> Simulator:
    """Compile the accelerator's simulation, optimised as far as the number of frames makes up for.

    Args:
        accelerator: an exit path or a stage.
        frames: how many will be simulated.
        options: of :func:`toolkit.sim.build`.
    """
    options = {"quick": frames * accelerator.cycles < WORTHWHILE_CYCLES, **options}
    return build(accelerator.design(), cache_dir=settings().simulators, **options)


def simulate(
    accelerator: Accelerator, images: NDArray[np.uint8], progress: Callable[[int, int], None]
) -> SimRun:
    """Simulate images (N, C, H, W) on an exit path, split among processes.

    Args:
        progress: called with frames done and in all.
    """
    simulator = simulator_for(accelerator, len(images))
    beats = {INPUT: input_beats(accelerator, images)}
    return simulator.run(beats, jobs=settings().jobs, probes=(), progress=progress)
