"""Builds a bitstream from stage accelerators and checks its netlist against golden."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.boards import Board
from toolkit.chip.board import simulated_board
from toolkit.chip.build import build_system
from toolkit.chip.check import check_system, frames_to_check
from toolkit.chip.system import System
from toolkit.compose import Accelerator
from toolkit.core.progress import Progress, silent
from toolkit.exits import ExitPolicy
from toolkit.families.toolchain import SystemClock
from toolkit.implement import Implementation, build_bitstream
from toolkit.links import chip_side, of_board

SYSTEM = "system"
"""Name of the system's folder, in the folder of the bitstream."""


def implement(
    accelerators: Sequence[Accelerator],
    board: Board,
    clock: SystemClock,
    policy: ExitPolicy,
    images: npt.NDArray[np.uint8],
    golden: Sequence[npt.NDArray[np.int64]],
    out: Path,
    *,
    seeds: int = 1,
    require_clock: bool = False,
    advice: str = "",
    progress: Progress = silent,
) -> Implementation:
    """Build the bitstream of a network's stages, and let its netlist classify a few frames.

    Args:
        accelerators: stage accelerators, in order.
        board: board, which must be a target.
        clock: clock, one of :func:`toolkit.implement.clocks.offered`.
        policy: exit policy of the host.
        images: test images, uint8 (N, C, H, W); :func:`frames_to_check` chooses some.
        golden: golden logits of each exit, int64 [N, classes].
        out: folder of the bitstream; the system is written to :data:`SYSTEM` in it.
        seeds, require_clock, advice: see :func:`toolkit.implement.build_bitstream`.
        progress: receiver of progress: phases of the tools, then answered frames.

    Raises:
        VerificationMismatch: an answer of the netlist differs from golden.
        OfframpError: see :func:`toolkit.implement.build_bitstream` and :func:`check_system`.
    """

    def make(at: SystemClock) -> System:
        shutil.rmtree(out / SYSTEM, ignore_errors=True)  # called again if a clock is missed
        return build_system(accelerators, board, at, out / SYSTEM)

    bitstream = build_bitstream(
        make,
        board,
        clock,
        out,
        seeds=seeds,
        require_clock=require_clock,
        advice=advice,
        progress=progress,
    )
    chosen = frames_to_check(policy, golden)
    frames, expected = images[chosen], [logits[chosen] for logits in golden]
    progress("netlist: compile its simulation", 0, len(frames))
    system, to = System.load(bitstream.path / SYSTEM), of_board(board)
    with simulated_board(system, board, netlist=bitstream.netlist) as simulated:
        check = check_system(simulated, to, accelerators, policy, frames, expected, progress=progress)
    exits = chip_side(board).times(accelerators, check.exit_cycles, bitstream.mhz)
    return Implementation.of(bitstream, board, check, exits)
