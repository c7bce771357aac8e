"""Counts the toggles of every part of a network in simulation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from toolkit.compose import Accelerator
from toolkit.core.env import settings
from toolkit.core.process import Running, side_by_side
from toolkit.core.progress import Progress, silent
from toolkit.core.store import scratch
from toolkit.core.topology import Part
from toolkit.cost.activity import FRAMES, Activity, activity
from toolkit.sim import Simulator, Trace, build
from toolkit.verify.stages import GoldenStage, beats

Ints = NDArray[np.integer]


def count_toggles(
    stages: Sequence[Accelerator],
    golden: Sequence[GoldenStage],
    progress: Progress = silent,
) -> list[dict[Part, float]]:
    """Simulate every stage and count the toggles of its trunk and its head.

    Args:
        stages: stage accelerators, in order.
        golden: inputs of each stage; every :data:`toolkit.cost.activity.FRAMES` frames are a recording.
        progress: receiver of progress.

    Returns:
        Part of the network -> toggles, for each recording.

    Raises:
        SimulationError: a simulation fails.
    """
    starts = range(0, max(1, len(golden[0].inputs) - FRAMES + 1), FRAMES)
    toggles: list[dict[Part, float]] = [{} for _ in starts]
    for index, (stage, frames) in enumerate(zip(stages, golden, strict=True)):
        progress("count switching", index, len(stages))
        simulator = build(stage.design(), trace=Trace.SAIF, quick=True)
        record = partial(_recorded, simulator, frames.inputs)
        for counted, found in zip(
            toggles, side_by_side(record, starts, settings().jobs, Running()), strict=True
        ):
            counted |= {Part.named(name): float(found.below(f"{name}_part")) for name in stage.segments}
    return toggles


def _recorded(simulator: Simulator, inputs: Ints, start: int) -> Activity:
    """Record the frames from ``start`` on."""
    shown = beats(simulator.design, inputs[start : start + FRAMES])
    with scratch("activity") as folder:
        saif = folder / "activity.saif"
        simulator.run(shown, trace_file=saif, jobs=1, probes=())
        return activity(saif)
