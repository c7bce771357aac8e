"""Simulates accelerators with stalls on all their ports and compares them with golden."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from toolkit.compose import Accelerator
from toolkit.core.env import settings
from toolkit.core.errors import VerificationMismatch
from toolkit.core.process import Running, side_by_side
from toolkit.core.progress import Progress, silent
from toolkit.sim import Simulator, StallPattern
from toolkit.verify.stages import GoldenStage, verify_stage
from toolkit.verify.work import affordable_frames

PATTERNS = ("idle", "stalled", "both", "bursts")
"""Names of the patterns."""
FRAMES = 1000
"""Largest number of frames under each; of a large network fewer."""


def stall_frames(accelerators: Sequence[Accelerator], frames: int) -> int:
    """Return how many of so many frames every accelerator gets under each pattern."""
    return min(affordable_frames(one, min(frames, FRAMES)) for one in accelerators)


def verify_under_stalls(
    simulators: Sequence[Simulator],
    accelerators: Sequence[Accelerator],
    golden: Sequence[GoldenStage],
    *,
    seed: int,
    progress: Progress = silent,
) -> int:
    """Run every accelerator under every pattern, several at a time; each port has random stalls of its own.

    All frames of a pattern run in one process, one after the other from a single reset: a fault that needs
    many frames shows in none of several that share them.

    Args:
        simulators, accelerators, golden: one per exit path or stage, in order.
        seed: seed of the stall patterns.
        progress: receiver of progress.

    Returns:
        The number of integers compared.

    Raises:
        VerificationMismatch: an output differs from golden; names stream, frame, position and both values.
        NothingCompared: there are no frames.
    """
    compared = 0
    for index, (simulator, accelerator, wanted) in enumerate(
        zip(simulators, accelerators, golden, strict=True)
    ):
        progress(f"stalls on {accelerator.name}", index, len(accelerators))
        frames = slice(affordable_frames(accelerator, FRAMES))
        verify = partial(_verify, simulator, accelerator, wanted.take(frames), seed)
        compared += sum(side_by_side(verify, PATTERNS, settings().jobs, Running()))
    return compared


def _verify(
    simulator: Simulator, accelerator: Accelerator, golden: GoldenStage, seed: int, pattern: str
) -> int:
    try:
        return verify_stage(simulator, accelerator, golden, StallPattern.named(pattern, seed), jobs=1)
    except VerificationMismatch as error:
        raise error.renamed(f"{error.what}, stalls {pattern!r}") from error
