"""Checks a simulated board: the program that drives a real one drives it, and answers must be golden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.cascade.run import run_cascade
from toolkit.compose import Accelerator
from toolkit.core.progress import Progress, silent
from toolkit.exits import ExitPolicy
from toolkit.implement.implementation import NetlistCheck
from toolkit.links import Link
from toolkit.links.link import SimulatedBoard

Ints = npt.NDArray[np.int64]
FRAMES = 4
"""Number of frames that a netlist classifies, one of them at the last exit; each takes seconds."""


def frames_to_check(policy: ExitPolicy, golden: Sequence[Ints], count: int = FRAMES) -> npt.NDArray[np.intp]:
    """Choose the first frames that leave early and the first that does not.

    Args:
        policy: exit policy.
        golden: golden logits of each exit, int64 [N, classes].
        count: number of frames, if there are as many.

    Returns:
        Indices of the frames, ascending.
    """
    left, last = policy.answer(golden).exits, len(golden) - 1
    late = np.flatnonzero(left == last)[:1]
    early = np.flatnonzero(left < last)[: count - len(late)]
    return np.sort(np.concatenate([early, late]))


def check_system(
    board: SimulatedBoard,
    link: Link,
    accelerators: Sequence[Accelerator],
    policy: ExitPolicy,
    frames: npt.NDArray[np.integer],
    golden: Sequence[Ints],
    *,
    options: Any = None,
    progress: Progress = silent,
) -> NetlistCheck:
    """Classify frames on a simulated board and compare every answer with the golden cascade.

    Args:
        board: simulated board, inside its ``with`` block.
        link: link to the board.
        accelerators: stage accelerators on the board, in order.
        policy: exit policy of the host.
        frames: integers (N, C, H, W).
        golden: golden logits of each exit, int64 [N, classes].
        options: options of the link; None: defaults for a simulation.
        progress: receiver of progress, in answered frames.

    Raises:
        VerificationMismatch: an answer differs from golden.
        NothingCompared: there are no frames.
        DeviceError, FramesLost: the board does not answer.
    """
    with link.open(board.port, accelerators, options or link.patient) as device:
        run = run_cascade(device, policy, frames, golden, batch=max(1, len(frames)), progress=progress)
        counted = device.counters()
    total, cycles = 0, list[int | None]()
    for stage in counted["stages"]:
        total += stage["cycles"] // stage["frames"] if stage["frames"] else 0
        cycles.append(total if stage["frames"] else None)
    return NetlistCheck(
        frames=len(frames),
        compared=run.compared,
        exit_frames=tuple(np.bincount(run.answers.exits, minlength=len(accelerators)).tolist()),
        exit_cycles=tuple(cycles),
    )
