"""``offramp validate``: how much a network's figures depend on the images it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hw_models.description import describe_network, digest
from toolkit.core.store import Store
from toolkit.flow import inputs
from toolkit.flow.data import source_of
from toolkit.flow.groups import PLACES, QuantOptions, TrainingOptions
from toolkit.flow.options import Options
from toolkit.flow.step import Context, Step
from toolkit.pieces import Piece, map_pieces

_MOST_BYTES = 2**24
"""Rounds that are kept for the next time."""


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.train import recipe
    from toolkit.train.fit import require_fit
    from toolkit.train.validate import score_round
    from toolkit.train.validation import Round, Scheme, Validation

    options, how, info = context.options, context.options.validation, inputs.info(context)
    require_fit(spec := options.network.spec(), info)
    scheme: Scheme = "bootstrap" if how.resamples else "folds"
    count = how.resamples or how.folds
    chosen = recipe(options.data.dataset, seed=options.data.seed, **options.training.changes)
    same = {
        "network": describe_network(spec),
        "quant": options.quant.config().to_json(),
        "training": chosen.to_json() | {"tracker": "csv"},
        "data": info.digest,
        "scheme": scheme,
        "rounds": count,
        "views": how.views,
    }
    source = {"source": source_of(options.data)}
    pieces = [Piece(score_round, {**same, "number": k}, apart=source) for k in range(count)]
    made = map_pieces(pieces, "rounds", **dict(options.cluster), progress=context.progress)
    found = Validation(
        model=spec.name,
        dataset=info.name,
        scheme=scheme,
        views=how.views,
        rounds=tuple(map(Round.load, made)),
    )
    Store().trim("rounds", _MOST_BYTES)
    found.save(context.out)
    rows = [{"figure": name, **one.model_dump()} for name, one in found.spreads.items()]
    message = f"{count} rounds of {scheme}; the test split was not used"
    return {"message": message, "table": rows}


def _external(options: Options) -> Mapping[str, str]:
    return {"network": digest(options.network.spec())}


VALIDATE = Step(
    "validate",
    "Train again on parts of the data, and score images that were not in them",
    _run,
    inputs=("data",),
    options=(
        *("model", "dataset", "seed", "train", "folds", "resamples", "views"),
        *QuantOptions.model_fields,
        *(name for name in TrainingOptions.model_fields if name not in {"train", *PLACES}),
    ),
    settings=("device", "tracker", "description", "scheduler", "workers"),
    external=_external,
    packages=("torch", "lightning"),
)
