"""Simulates every stage with stalls on all its ports and compares it with golden."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.compose import Accelerator
from toolkit.core.progress import Progress, silent
from toolkit.sim import Simulator
from toolkit.verify.network import STALL_PATTERNS, stall_patterns
from toolkit.verify.stages import GoldenStage, verify_stage


def verify_under_stalls(
    simulators: Sequence[Simulator],
    stages: Sequence[Accelerator],
    golden: Sequence[GoldenStage],
    *,
    seed: int,
    jobs: int,
    progress: Progress = silent,
) -> int:
    """Run every stage under every stall pattern; each port has random stalls of its own.

    Args:
        simulators, stages, golden: one per stage, in order.
        seed: seed of the stall patterns.
        jobs: processes per simulation.
        progress: receiver of progress.

    Returns:
        The number of integers compared.

    Raises:
        VerificationMismatch: an output differs from golden; names stream, frame, position and both values.
        NothingCompared: there are no frames.
    """
    compared = 0
    for simulator, stage, wanted in zip(simulators, stages, golden, strict=True):
        for index, stalls in stall_patterns(seed):
            progress(f"stalls on {stage.name}", index, len(STALL_PATTERNS))
            compared += verify_stage(simulator, stage, wanted, stalls, jobs)
    return compared
