"""``offramp validate``: how much a network's figures depend on the images it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hw_models.description import digest
from toolkit.flow import inputs
from toolkit.flow.groups import PLACES, TrainingOptions
from toolkit.flow.options import Options
from toolkit.flow.step import Context, Step


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.train import recipe
    from toolkit.train.validate import validate

    options = context.options
    how = options.validation
    found = validate(
        options.network.spec(),
        options.quant.config(),
        inputs.dataset(context),
        recipe(options.data.dataset, seed=options.data.seed, **options.training.changes),
        "bootstrap" if how.resamples else "folds",
        how.resamples or how.folds,
        context.scratch,
        how.views,
        say=context.reporter.line,
        progress=context.progress,
    )
    found.save(context.out)
    rows = [
        {"figure": name, "mean": one.mean, "deviation": one.deviation, "low": one.low, "high": one.high}
        for name, one in found.spreads.items()
    ]
    return {
        "message": f"{len(found.rounds)} rounds of {found.scheme}; the test split was not used",
        "table": rows,
    }


def _external(options: Options) -> Mapping[str, str]:
    return {"network": digest(options.network.spec())}


VALIDATE = Step(
    "validate",
    "Train again on parts of the data, and score images that were not in them",
    _run,
    inputs=("data",),
    options=(
        *("model", "dataset", "weight_bits", "act_bits", "first_weight_bits", "last_weight_bits"),
        *("scaling", "per_channel", "seed", "train", "folds", "resamples", "views"),
        *(name for name in TrainingOptions.model_fields if name not in {"train", *PLACES}),
    ),
    settings=("device", "tracker", "description"),
    external=_external,
    packages=("torch", "lightning"),
)
