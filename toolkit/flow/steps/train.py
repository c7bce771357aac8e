"""Provides the trained network: a checkpoint given by the user, a shipped one, or training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hw_models.description import digest
from toolkit.core.artifact import sha256_file, sha256_json
from toolkit.core.errors import one_line
from toolkit.flow.groups import PLACES, TrainingOptions
from toolkit.flow.options import Options
from toolkit.flow.rundir import weights_said
from toolkit.flow.step import Context, Step

if TYPE_CHECKING:
    from toolkit.train import Source
    from toolkit.train.checkpoint import Checkpoint


def _source(options: Options) -> Source | None:
    from toolkit.train import source_of

    network = options.network
    if options.training.demanded or network.weights is not None:
        return None
    return source_of(network.checkpoint, network.spec(), options.data.dataset, options.quant.config())


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.flow.training import draw, train_here

    source = _source(context.options)
    weights = context.options.network.weights
    if source is None:
        message = "trained" if weights is None else f"took the weights {weights_said(weights)}"
        checkpoint = train_here(context)
    else:
        message = f"took the {source.kind} checkpoint {one_line(source.file.name)}"
        checkpoint = _take(context, source)
        draw(context)
    metrics = checkpoint.details.get("metrics", {})
    return {
        "message": message,
        "digest": checkpoint.digest,
        "metrics": metrics,
        "thresholds": checkpoint.thresholds,
    }


def _take(context: Context, source: Source) -> Checkpoint:
    from toolkit.data import DatasetInfo

    options = context.options
    return source.take(
        context.out,
        options.network.spec(),
        options.data.dataset,
        options.quant.config(),
        data_digest=DatasetInfo.load(context.input("data")).digest,
        seed=options.data.seed,
        force=options.network.force,
    )


def _require(options: Options) -> None:
    from toolkit.train.options import require_tracker

    if options.training.tracker != "csv" and _source(options) is None:
        require_tracker(options.training.tracker)


def _external(options: Options) -> Mapping[str, str]:
    source, weights = _source(options), options.network.weights
    found = {"network": digest(options.network.spec())}
    if (layers := options.quant.layer_bits) is not None:
        found["layer_bits"] = layers
    if weights is not None:
        names = {} if (own := options.network.own) is None else {"modules": sha256_json(dict(own.modules))}
        return {**found, **names, "weights": sha256_file(weights)}
    return found if source is None else {**found, **source.digests()}


STEP = Step(
    "train",
    "Train the network, or take a checkpoint that is there",
    _run,
    inputs=("data",),
    options=(
        *("model", "dataset", "weight_bits", "act_bits", "first_weight_bits", "last_weight_bits"),
        *("scaling", "per_channel", "seed", "train", "force", "weights_unit"),
        *(name for name in TrainingOptions.model_fields if name not in {"train", *PLACES}),
    ),
    settings=("checkpoint", "weights", "device", "tracker", "description", "layer_bits"),
    external=_external,
    require=_require,
    code=False,
)
