"""Every stage of a cascade under stalls on all its ports, compared with golden."""

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
    """Run every stage under every stall pattern; each port draws its own stalls.

    Args:
        simulators, stages, golden: one per stage, in order.
        seed: of the stall patterns.
        jobs: processes per simulation.
        progress: called with a label, patterns done and in all.

    Returns:
        The number of integers compared.

    Raises:
        VerificationMismatch: names the stream, frame, position and both values.
        NothingCompared: no frame.
    """
    compared = 0
    for simulator, stage, wanted in zip(simulators, stages, golden, strict=True):
        for index, stalls in stall_patterns(seed):
            progress(f"stalls on {stage.name}", index, len(STALL_PATTERNS))
            compared += verify_stage(simulator, stage, wanted, stalls, jobs)
    return compared
