"""Simulates images on the RTL of every exit path."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from toolkit.compose import Accelerator, Accelerators
from toolkit.compose.accelerator import INPUT, OUTPUT
from toolkit.compose.sizing import require_interval
from toolkit.core.artifact import Arrays
from toolkit.core.env import settings
from toolkit.core.progress import Progress
from toolkit.core.topology import path_name
from toolkit.sim import SimRun, Simulator, build
from toolkit.verify.counts import run_located
from toolkit.verify.hardware import input_beats

WORTHWHILE_CYCLES = 5_000_000
"""Number of simulated cycles from which full optimisation saves more time than it costs."""


class PathRun(Arrays):
    """The simulated run of an exit path on the test images.

    Attributes:
        logits: int32 [N, classes], logits of the RTL.
        latency: int64 [N], cycles from a frame's first beat in to its last beat out; for the first frame the
            accelerator is empty.
        intervals: int64, cycles between the last beats of neighbouring frames of one process.
    """

    FILE: ClassVar[str] = "run.npz"

    logits: np.ndarray
    latency: np.ndarray
    intervals: np.ndarray

    @classmethod
    def of(cls, run: SimRun) -> Self:
        """Return the run of a simulation."""
        logits = run.outputs[OUTPUT].reshape(len(run.latency), -1).astype(np.int32)
        return cls(logits=logits, latency=run.latency, intervals=run.intervals)


def simulator_for(accelerator: Accelerator, frames: int, **options: Any) -> Simulator:
    """Compile an accelerator's simulator, optimised according to the number of frames; runs are cached.

    Args:
        accelerator: exit path or stage.
        frames: number of frames that will be simulated.
        options: further options of :func:`toolkit.sim.build`.
    """
    options = {"stored": True, "quick": frames * accelerator.cycles < WORTHWHILE_CYCLES, **options}
    return build(accelerator.design(), **options)


def simulate_paths(
    accelerators: Accelerators,
    images: NDArray[np.uint8],
    out: Path,
    progress: Progress,
) -> dict[str, dict[str, Any]]:
    """Simulate images (N, C, H, W) on every exit path.

    Args:
        accelerators: accelerators of the network.
        images: uint8 (N, C, H, W).
        out: folder that receives a :class:`PathRun` for each path, for :func:`load_runs`.
        progress: callback for the simulated frames.

    Returns:
        Figures of each path by name, JSON types.

    Raises:
        SimulationError: a path is slower than its queues were sized for.
    """
    summary = {}
    for path, sizing in zip(accelerators.paths, accelerators.sizings, strict=True):
        run = _simulate(path, images, progress)
        require_interval(path.name, run.interval, sizing.interval)
        folder = out / path.name
        folder.mkdir()
        PathRun.of(run).save(folder)
        summary[path.name] = _summary(run)
    return summary


def load_runs(folder: Path, exits: int) -> tuple[PathRun, ...]:
    """Read the run of every exit path; errors as :meth:`PathRun.load`."""
    return tuple(PathRun.load(folder / path_name(k)) for k in range(exits))


def _simulate(path: Accelerator, images: NDArray[np.uint8], progress: Progress) -> SimRun:
    progress(f"build {path.name}", 0, len(images))
    simulator = simulator_for(path, len(images))
    return run_located(
        simulator,
        path,
        {INPUT: input_beats(path, images)},
        jobs=settings().jobs,
        probes=(),
        progress=progress,
    )


def _summary(run: SimRun) -> dict[str, Any]:
    latency = run.latency
    return {
        "frames": len(latency),
        "interval_cycles": run.interval,
        "latency_cycles": {
            "min": int(latency.min()),
            "median": int(np.median(latency)),
            "max": int(latency.max()),
        },
        "first_latency_cycles": int(latency[0]),
        "cycles": run.cycles,
        "cycles_per_second": round(run.cycles_per_second),
        "seconds": round(run.seconds, 2),
    }
