"""A system in simulation behind its serial port, driven by the host program that drives the board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.cascade import run_cascade
from toolkit.compose import Accelerator
from toolkit.core.progress import Progress, silent
from toolkit.exits import ExitPolicy
from toolkit.links.serial import LinkOptions, SerialDevice
from toolkit.links.serial.simulated import SerialBoard
from toolkit.runtime.simulated import stage_streams, stages_digest

Ints = npt.NDArray[np.int64]
PATIENCE = LinkOptions(reply_s=900.0, retries=2)
"""A simulation is some thousand times slower than the board."""


@dataclass(frozen=True)
class SystemCheck:
    """What came of it.

    Attributes:
        frames: answered, each as golden.
        compared: integers found equal.
        exit_frames: frames that left at each exit.
        exit_cycles: cycles on the chip until the answer, per exit, the stages before included; None where no
            frame left. They are the same for every frame.
        line_cycles: clock cycles of the whole run, line and host included.
    """

    frames: int
    compared: int
    exit_frames: tuple[int, ...]
    exit_cycles: tuple[int | None, ...]
    line_cycles: int


def check_system(
    board: SerialBoard,
    accelerators: Sequence[Accelerator],
    policy: ExitPolicy,
    frames: npt.NDArray[np.integer],
    golden: Sequence[Ints],
    *,
    line: LinkOptions = PATIENCE,
    progress: Progress = silent,
) -> SystemCheck:
    """Classify frames on a simulated board and compare every answer with the golden cascade.

    Args:
        board: entered; RTL or a netlist.
        accelerators: the stages that are on it.
        policy: decides at the host.
        frames: (N, C, H, W) integers.
        golden: per exit, golden logits int64 [N, classes].
        line: of the serial line.
        progress: told of the frames answered.

    Raises:
        VerificationMismatch: an answer that is not golden's.
        NothingCompared: no frames.
        DeviceError, FramesLost: the board does not answer.
    """
    streams = [stage_streams(one.design()) for one in accelerators]
    digest = stages_digest(accelerators)
    with SerialDevice.open(board.port, digest=digest, streams=streams, options=line) as device:
        run = run_cascade(device, policy, frames, golden, batch=max(1, len(frames)), progress=progress)
        counted = device.counters()
    total, cycles = 0, []
    for stage in counted["stages"]:
        total += stage["cycles"] // stage["frames"] if stage["frames"] else 0
        cycles.append(total if stage["frames"] else None)
    return SystemCheck(
        frames=len(frames),
        compared=run.compared,
        exit_frames=tuple(np.bincount(run.exits, minlength=len(accelerators)).tolist()),
        exit_cycles=tuple(cycles),
        line_cycles=board.state().cycles,
    )
