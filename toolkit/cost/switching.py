"""What switches in simulation, counted for every part of a network."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from toolkit.compose import Accelerator
from toolkit.core.topology import Part
from toolkit.cost.activity import activity
from toolkit.sim import Trace, build
from toolkit.verify.stages import GoldenStage, beats


def count_toggles(
    stages: Sequence[Accelerator],
    golden: Sequence[GoldenStage],
    cache_dir: Path,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> dict[Part, float]:
    """Simulate every stage and count the toggles of its trunk and its head.

    Args:
        stages: in order.
        golden: frames of each stage, :data:`toolkit.cost.activity.FRAMES` of them.
        cache_dir: compiled simulations are kept here.
        progress: called with a label, stages done and in all.

    Raises:
        SimulationError: a design does not run.
    """
    toggles: dict[Part, float] = {}
    for index, (stage, frames) in enumerate(zip(stages, golden, strict=True)):
        progress("count switching", index, len(stages))
        simulator = build(stage.design(), cache_dir=cache_dir, trace=Trace.SAIF, quick=True)
        with tempfile.TemporaryDirectory(prefix="offramp-activity-") as folder:
            saif = Path(folder) / "activity.saif"
            simulator.run(beats(simulator.design, frames.inputs), trace_file=saif, jobs=1, probes=())
            found = activity(saif)
        toggles |= {Part.named(name): float(found.below(f"{name}_part")) for name in stage.segments}
    return toggles
