"""Builds an overlay for the processor of a Zynq from stage accelerators, with Vivado."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from toolkit.boards import Board
from toolkit.chip.build import build_system
from toolkit.chip.implement import SYSTEM
from toolkit.chip.system import System
from toolkit.compose import Accelerator
from toolkit.core.artifact import write_bytes
from toolkit.core.progress import Progress, silent
from toolkit.families.toolchain import SystemClock
from toolkit.implement import Bitstream, Implementation
from toolkit.implement.machine import Machine
from toolkit.implement.plan import LOGS, Plan
from toolkit.implement.vivado.build import VivadoResults, run_plan
from toolkit.implement.vivado.plan import plan_build
from toolkit.links import chip_side


def plan_overlay(
    accelerators: Sequence[Accelerator],
    board: Board,
    clock: SystemClock,
    out: Path,
    *,
    dsp_primitives: bool = False,
) -> tuple[System, Plan]:
    """Write the system of a network, and the plan of its build, without running anything.

    Args:
        accelerators: stage accelerators, in order.
        board: board, whose tools are Vivado.
        clock: clock, one of :func:`toolkit.implement.clocks.offered`.
        out: folder for the plan's archive and description; the system is written to :data:`SYSTEM` in it.
        dsp_primitives: see :func:`toolkit.implement.vivado.plan.plan_build`.

    Raises:
        BadOption: the board's link has no block design, or too many streams.
    """
    system = build_system(accelerators, board, clock, out / SYSTEM)
    blocks = chip_side(board).block_design(system.top, accelerators)
    plan = plan_build(system, blocks, board, clock.mhz, dsp_primitives=dsp_primitives)
    plan.save(out)
    return system, plan


def build_overlay(
    system: System,
    plan: Plan,
    accelerators: Sequence[Accelerator],
    board: Board,
    machine: Machine,
    work: Path,
    out: Path,
    *,
    dsp_primitives: bool = False,
    progress: Progress = silent,
) -> Implementation:
    """Run the plan of an overlay, and take over what it left.

    Args:
        system, plan: results of :func:`plan_overlay`.
        accelerators: stage accelerators, in order.
        board: board it is for.
        machine: where Vivado runs.
        work: folder that Vivado works in, kept until the build is finished.
        out: folder for bitstream, descriptions, reports and logs.
        dsp_primitives: whether the plan is one with DSP blocks by name.
        progress: receiver of progress, in steps.

    Raises:
        OfframpError: see :func:`toolkit.implement.vivado.build.run_plan`; the logs are in ``out`` then, too.
    """
    work.mkdir(parents=True, exist_ok=True)
    try:
        results = run_plan(plan, machine, work, progress)
    finally:
        for log in (*work.glob("*.log"), *(work / LOGS).glob("*.log")):
            shutil.copyfile(log, out / log.name)
    bitstream = _described(system, plan, board, results, out)
    exits = chip_side(board).times(accelerators, [None] * len(accelerators), bitstream.mhz)
    return Implementation.of(
        bitstream,
        board,
        None,
        exits,
        provenance="Vivado",
        power=results.power,
        dsp_primitives=dsp_primitives,
    )


def _described(system: System, plan: Plan, board: Board, results: VivadoResults, out: Path) -> Bitstream:
    """Copy the results and describe the bitstream; what the host needs lies beside it under its name."""
    file = f"{board.name}.bit"
    beside = [system.path / name for name in system.host_files]
    named = {f"{board.name}{path.suffix}": path for path in (results.handoff, *beside)}
    for name, path in {
        file: results.bitstream,
        **named,
        **{one.name: one for one in results.reports},
    }.items():
        write_bytes(out / name, path.read_bytes())
    bitstream = Bitstream(
        path=out,
        file=file,
        board=board.name,
        part=board.part,
        asked_mhz=plan.description.clock_mhz,
        mhz=plan.description.clock_mhz,
        missed={},
        routed=results.timing.routed,
        seeds={},
        tools={"vivado": results.version},
        provenance=f"Vivado {results.version}",
        seconds={},
        digests={"system": system.digest, "plan": plan.description.digest, "bitstream": results.digest},
    )
    bitstream.save(out)
    return bitstream
