"""Counts the toggles of every part of a network in simulation."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.compose import Accelerator
from toolkit.core.progress import Progress, silent
from toolkit.core.store import scratch
from toolkit.core.topology import Part
from toolkit.cost.activity import activity
from toolkit.sim import Trace, build
from toolkit.verify.stages import GoldenStage, beats


def count_toggles(
    stages: Sequence[Accelerator],
    golden: Sequence[GoldenStage],
    progress: Progress = silent,
) -> dict[Part, float]:
    """Simulate every stage and count the toggles of its trunk and its head.

    Args:
        stages: stage accelerators, in order.
        golden: inputs of each stage, for :data:`toolkit.cost.activity.FRAMES` frames.
        progress: receiver of progress.

    Returns:
        Part of the network -> toggles.

    Raises:
        SimulationError: a simulation fails.
    """
    toggles: dict[Part, float] = {}
    for index, (stage, frames) in enumerate(zip(stages, golden, strict=True)):
        progress("count switching", index, len(stages))
        simulator = build(stage.design(), trace=Trace.SAIF, quick=True)
        with scratch("activity") as folder:
            saif = folder / "activity.saif"
            simulator.run(beats(simulator.design, frames.inputs), trace_file=saif, jobs=1, probes=())
            found = activity(saif)
        toggles |= {Part.named(name): float(found.below(f"{name}_part")) for name in stage.segments}
    return toggles
