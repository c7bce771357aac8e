"""``offramp check``: a look at data and network before a long training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hw_models.description import digest
from toolkit.core.errors import BadOption
from toolkit.flow import inputs
from toolkit.flow.groups import PLACES, TrainingOptions
from toolkit.flow.options import Options
from toolkit.flow.step import Context, Step


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.report.checks import write_checks
    from toolkit.train import recipe
    from toolkit.train.checks.data import check_data
    from toolkit.train.checks.network import check_network
    from toolkit.train.checks.result import TrainingChecks
    from toolkit.train.fit import require_fit

    options, dataset = context.options, inputs.dataset(context)
    spec = options.network.spec()
    require_fit(spec, inputs.info(context))
    how = recipe(options.data.dataset, seed=options.data.seed, **options.training.changes)
    checks = TrainingChecks(
        model=spec.name,
        dataset=dataset.name,
        classes=dataset.classes,
        data=check_data(dataset),
        network=check_network(spec, dataset, how, context.scratch, context.progress),
    )
    write_checks(checks, dataset.train, context.out)
    for one in checks.findings:
        context.reporter.line(f"{'good' if one.good else 'LOOK'}: {one.says}")
    worth = sum(not one.good for one in checks.findings)
    return {
        "message": f"{worth} of {len(checks.findings)} findings are worth a look",
        "findings": [one.model_dump() for one in checks.findings],
    }


def _require(options: Options) -> None:
    from toolkit.tasks import task_of

    network = options.network
    if network.qonnx is None and not (task := task_of(network.spec())).one_class:
        raise BadOption(f"offramp check of {network.model}", expected="a classification", found=task.name)


def _external(options: Options) -> Mapping[str, str]:
    return {"network": digest(options.network.spec())}


CHECK = Step(
    "check",
    "Look at data and network before a long training",
    _run,
    inputs=("data",),
    options=(
        *("model", "dataset", "seed", "train"),
        *(name for name in TrainingOptions.model_fields if name not in {"train", *PLACES}),
    ),
    settings=("device", "tracker", "description"),
    external=_external,
    packages=("scikit-learn", "torch", "lightning"),
    require=_require,
)
