"""Simulates every stage with stalls on all its ports and compares it with golden."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from toolkit.compose import Accelerator
from toolkit.core.progress import Progress, silent
from toolkit.sim import Simulator, StallPattern
from toolkit.verify.network import in_a_row
from toolkit.verify.stages import GoldenStage, verify_stage


def verify_under_stalls(
    simulators: Sequence[Simulator],
    stages: Sequence[Accelerator],
    golden: Sequence[GoldenStage],
    *,
    seed: int,
    progress: Progress = silent,
) -> int:
    """Run every stage under every stall pattern; each port has random stalls of its own.

    Args:
        simulators, stages, golden: one per stage, in order.
        seed: seed of the stall patterns.
        progress: receiver of progress.

    Returns:
        The number of integers compared.

    Raises:
        VerificationMismatch: an output differs from golden; names stream, frame, position and both values.
        NothingCompared: there are no frames.
    """
    compared = 0
    for index, (simulator, stage, wanted) in enumerate(zip(simulators, stages, golden, strict=True)):
        progress(f"stalls on {stage.name}", index, len(stages))
        work = partial(_verify, simulator, stage, wanted)
        compared += sum(in_a_row(work, seed))
    return compared


def _verify(
    simulator: Simulator, stage: Accelerator, golden: GoldenStage, pattern: tuple[str, StallPattern]
) -> int:
    return verify_stage(simulator, stage, golden, pattern[1], jobs=1)
