"""Chooses the thresholds of the exit policy on the calibration split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from toolkit.core.artifact import sha256_file
from toolkit.flow import inputs
from toolkit.flow.options import Options
from toolkit.flow.step import Context, Step

if TYPE_CHECKING:
    from toolkit.exits import Objective


def _run(context: Context) -> Mapping[str, Any]:
    from hw_models import macs_to_exit
    from toolkit.exits import Budget, ExitPolicy
    from toolkit.export import ExitGraphs
    from toolkit.flow.golden import calibrated, readout_of
    from toolkit.train.checkpoint import Checkpoint

    graphs = ExitGraphs.load(context.input("export"))
    checkpoint = Checkpoint.load(context.input("train"))
    owner = {"checkpoint": checkpoint.digest, "model": graphs.model}
    groups = checkpoint.network.groups
    wanted, split = context.options.policy, inputs.dataset(context).calibration
    if len(graphs.paths) == 1:
        (path,) = graphs.paths
        one = ExitPolicy.of_one_exit(
            path.output.shape[-1] // groups, wanted.criterion, **owner, groups=groups
        )
        one.save(context.out)
        read = readout_of(path, checkpoint, split, wanted.false_alarms, context.out)
        return {"message": f"one exit: nothing to decide{read}"}
    objective = _objective(context)
    context.progress("golden logits", 0, len(split))
    # Not cycles: so the thresholds are those of every folding of the network.
    macs = () if isinstance(objective, Budget) else macs_to_exit(checkpoint.network)
    found = calibrated(graphs, split, objective, wanted, *macs, groups=groups)
    found.policy(**owner).save(context.out)
    found.curve.save(context.out)
    return found.summary()


def _objective(context: Context) -> Objective:
    """Return the objective that was asked for; by default the exit rate of training's options."""
    from toolkit.compose import Accelerators
    from toolkit.exits import objective_of
    from toolkit.train import recipe

    options, wanted = context.options, context.options.policy
    rate = recipe(options.data.dataset, **options.training.changes).exit_rate
    return objective_of(
        rate if wanted.exit_rate is None else wanted.exit_rate,
        max_loss=wanted.max_loss,
        max_latency=wanted.max_latency,
        max_energy=wanted.max_energy,
        latencies=lambda: [s.latency for s in Accelerators.load(context.input("compose")).sizings],
        energies=lambda: _energies(context),
    )


def _energies(context: Context) -> Sequence[float]:
    """Estimate the energy above idle until each exit, earlier heads included, in µJ."""
    from toolkit.cost import reference_board, stage_energies
    from toolkit.train.checkpoint import Checkpoint

    options, trained = context.options, Checkpoint.load(context.input("train"))
    on = reference_board(options.implementation.target, options.cost.measurements)
    stages = stage_energies(trained.network, trained.quant, on, options.cost.measurements)
    return list(accumulate(energy.value for energy in stages))


def _external(options: Options) -> Mapping[str, str]:
    path = options.cost.measurements
    return {"measurements": sha256_file(path)} if options.policy.max_energy is not None and path else {}


STEP = Step(
    "calibrate",
    "Choose when frames leave, on the calibration split",
    _run,
    inputs=("data", "train", "export", "compose"),
    options=(
        "dataset",
        "target",
        "criterion",
        "exit_rate",
        "trained_exit_rate",
        "max_loss",
        "max_latency",
        "max_energy",
        "epsilon",
        "delta",
        "false_alarms",
        "fraction_bits",
    ),
    external=_external,
    packages=("qonnx", "scipy"),
)
