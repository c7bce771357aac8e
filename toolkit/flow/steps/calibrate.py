"""The exit policy: thresholds chosen on the calibration split, and the trade-off they were chosen from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.core.artifact import read_json, write_json
from toolkit.flow.step import Context, Step
from toolkit.flow.steps import compose, data, train

if TYPE_CHECKING:
    from toolkit.exits import Calibration, Curve, ExitPolicy, Guarantee, Objective
    from toolkit.export import ExitGraphs
    from toolkit.flow.options import Options

POLICY, CURVE = "policy.json", "curve.json"


def policy_of(folder: Path) -> ExitPolicy | None:
    """The policy of a calibrate stage; None for a network with one exit, which has nothing to decide."""
    from toolkit.exits import ExitPolicy

    return ExitPolicy.load(folder / POLICY) if read_json(folder / POLICY) else None


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.export import ExitGraphs

    graphs = ExitGraphs.load(context.input("export"))
    if len(graphs.paths) == 1:
        write_json(context.out / POLICY, {})
        return {"says": "one exit: nothing to decide"}
    calibration = _calibrate(context, graphs)
    policy = calibration.policy(context.summary("train")["digest"], context.options.network.model)
    policy.save(context.out / POLICY)
    write_json(context.out / CURVE, describe(calibration.curve, calibration.chosen))
    found = calibration.curve
    return {
        "says": f"{policy.criterion} {policy.thresholds[0]:g}, {policy.chosen}",
        "criterion": policy.criterion,
        "thresholds": policy.thresholds,
        "exit_rates": found.exit_rates[calibration.chosen].tolist(),
        "accuracy": float(found.accuracies[calibration.chosen]),
        "guarantee": policy.guarantee,
        "table": trade_off_rows(found, calibration.chosen),
    }


def _calibrate(context: Context, graphs: ExitGraphs) -> Calibration:
    from toolkit.exits import calibrate
    from toolkit.verify.stages import golden_stages

    options, split = context.options, data.load(context).calibration
    context.progress("golden logits", 0, len(split))
    logits = [stage.logits for stage in golden_stages(graphs, split.images)]
    scales = [graph.output.scale for graph in graphs.paths.values()]
    return calibrate(
        logits,
        scales[:-1],
        split.labels,
        options.policy.criterion,
        _objective(context),
        guarantee=_guarantee(options),
        fraction_bits=options.policy.fraction_bits,
    )


def _guarantee(options: Options) -> Guarantee | None:
    from toolkit.exits import Guarantee

    return None if options.policy.epsilon is None else Guarantee(options.policy.epsilon, options.policy.delta)


def _objective(context: Context) -> Objective:
    """What the options asks for; without a wish, the exit rate the network was trained for."""
    from toolkit.exits import Budget, ExitRate, MaxLoss
    from toolkit.train import recipe

    options = context.options
    if options.policy.max_loss is not None:
        return MaxLoss(options.policy.max_loss)
    if options.policy.max_latency is not None:
        return Budget(_latencies(context), options.policy.max_latency, "cycles")
    if options.policy.max_energy is not None:
        return Budget(_energies(context), options.policy.max_energy, "uJ")
    rate = options.policy.exit_rate
    return ExitRate(recipe(options.data.dataset).exit_rate if rate is None else rate)


def _latencies(context: Context) -> tuple[float, ...]:
    """Cycles of each exit path on an empty accelerator, simulated."""
    folders = [one.path for one in compose.accelerators(context.input("compose"))]
    return tuple(float(read_json(folder / compose.SIZING)["latency"]) for folder in folders)


def _energies(context: Context) -> tuple[float, ...]:
    """Estimated energy above idle until each exit, earlier heads included, in µJ."""
    from itertools import accumulate

    from toolkit.flow.steps.cost import reference_board, step_energies
    from toolkit.train import Checkpoint

    checkpoint = Checkpoint.load(context.input("train") / train.NAME)
    steps = step_energies(context.options, checkpoint.quant, reference_board(context.options))
    return tuple(accumulate(energy.value for energy in steps))


def describe(curve: Curve, chosen: int | None = None) -> dict[str, Any]:
    """A curve as JSON, for plots."""
    return {
        "criterion": curve.criterion,
        "frames": curve.frames,
        "chosen": chosen,
        "thresholds": curve.thresholds.tolist(),
        "accuracies": curve.accuracies.tolist(),
        "exit_rates": curve.exit_rates.tolist(),
        "risks": curve.risks.tolist(),
    }


def trade_off_rows(curve: Curve, chosen: int) -> list[dict[str, float]]:
    """A dozen points between the safest and the boldest useful threshold, and the chosen one."""
    import numpy as np

    rates = curve.early_rates
    wanted: Sequence[float] = (0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 1)
    points = sorted({*(int(np.argmax(rates >= rate)) for rate in wanted if rates.max() >= rate), chosen})
    return [
        {
            "threshold": float(curve.thresholds[i]),
            "early": float(rates[i]),
            "accuracy": float(curve.accuracies[i]),
            "risk": float(curve.risks[i]),
            "chosen": i == chosen,
        }
        for i in points
    ]


def _external(options: Options) -> Mapping[str, str]:
    from toolkit.flow.steps import cost

    return {} if options.policy.max_energy is None else cost.STEP.external(options)


STEP = Step(
    "calibrate",
    "Choose when frames leave, on the calibration split",
    _run,
    inputs=("data", "train", "export", "compose"),
    options=(
        "model",
        "dataset",
        "target",
        "criterion",
        "exit_rate",
        "max_loss",
        "max_latency",
        "max_energy",
        "epsilon",
        "delta",
        "fraction_bits",
    ),
    external=_external,
    packages=("qonnx", "scipy"),
    outputs=(POLICY,),
)
