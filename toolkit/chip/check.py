"""A system in simulation behind its link, driven by the host program that drives the board."""

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
"""That a netlist classifies, one of them at the last exit: it takes seconds for each."""


def frames_to_check(policy: ExitPolicy, golden: Sequence[Ints], count: int = FRAMES) -> npt.NDArray[np.intp]:
    """The first frames that leave early and the first that does not, in order.

    Args:
        policy: decides.
        golden: per exit, golden logits int64 [N, classes].
        count: frames in all, if there are as many.
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
        board: entered; RTL or a netlist.
        link: to it.
        accelerators: the stages that are on it.
        policy: decides at the host.
        frames: (N, C, H, W) integers.
        golden: per exit, golden logits int64 [N, classes].
        options: of the link; None: those for a simulation.
        progress: told of the frames answered.

    Raises:
        VerificationMismatch: an answer that is not golden's.
        NothingCompared: no frames.
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
