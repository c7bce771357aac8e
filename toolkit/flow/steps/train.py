"""The trained network: a checkpoint given by the user, one that ships, or training."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.core.artifact import sha256_file
from toolkit.core.errors import CheckpointMismatch
from toolkit.flow.options import Options
from toolkit.flow.step import Context, Step
from toolkit.flow.steps import data

if TYPE_CHECKING:
    from toolkit.train import Checkpoint

NAME = "checkpoint.pt"
HISTORY = "history.csv"


def _source(options: Options) -> Path | None:
    """The checkpoint to take; None means to train one."""
    from hw_models import shipped

    if options.network.checkpoint is not None:
        return options.network.checkpoint
    # Whoever says how long to train wants training.
    if (
        options.training.train
        or options.training.epochs is not None
        or options.training.float_epochs is not None
    ):
        return None
    path = shipped.path(options.network.model, options.data.dataset, options.quant.config())
    return path if path.is_file() else None


def _external(options: Options) -> Mapping[str, str]:
    source = _source(options)
    if source is None:
        return {}
    files = {"checkpoint": source, "history": _curves(options, source)}
    return {name: sha256_file(path) for name, path in files.items() if path}


def _curves(options: Options, source: Path) -> Path | None:
    """The training curves that ship beside a shipped checkpoint."""
    path = source.with_suffix(".csv")
    return path if options.network.checkpoint is None and path.is_file() else None


def _run(context: Context) -> Mapping[str, Any]:
    source = _source(context.options)
    if source is None:
        says, checkpoint = "trained", _train(context)
    else:
        kind = "given" if context.options.network.checkpoint else "shipped"
        says, checkpoint = f"took the {kind} checkpoint {source.name}", _take(context, source)
    metrics = checkpoint.details.get("metrics", {})
    return {
        "says": says,
        "digest": checkpoint.digest,
        "metrics": metrics,
        "thresholds": checkpoint.thresholds,
    }


def _take(context: Context, source: Path) -> Checkpoint:
    from toolkit.train import Checkpoint

    options = context.options
    checkpoint = Checkpoint.load(source)
    checkpoint.require(
        options.network.model, None if options.network.force else options.data.dataset, options.quant.config()
    )
    found = context.summary("data")["digest"]
    if checkpoint.dataset_digest != found and not options.network.force:
        # Another split would calibrate and validate on images it was trained with.
        raise CheckpointMismatch(
            "the checkpoint was trained on other data, or on the same data split by another seed",
            expected=f"data {checkpoint.dataset_digest} (seed {checkpoint.details.get('seed')})",
            found=f"data {found} (seed {options.data.seed})",
            fix="Give that seed, train with --train, or take it nevertheless with --force.",
        )
    shutil.copyfile(source, context.out / NAME)
    if curves := _curves(options, source):
        shutil.copyfile(curves, context.out / HISTORY)
    return checkpoint


def _train(context: Context) -> Checkpoint:
    import hw_models
    from toolkit.train import recipe, train

    options = context.options
    given = {name: getattr(options.training, name) for name in ("epochs", "float_epochs")}
    changes = {name: value for name, value in given.items() if value is not None}
    chosen = recipe(
        options.data.dataset,
        seed=options.data.seed,
        device=options.training.device,
        tracker=options.training.tracker,
        **changes,
    )
    # In the scratch folder, where a killed training finds its last whole epoch again.
    checkpoint = train(
        hw_models.get(options.network.model),
        options.quant.config(),
        data.load(context),
        chosen,
        context.scratch,
        say=context.reporter.line,
        progress=context.progress,
    )
    for name in (NAME, "checkpoint.json", HISTORY):
        shutil.copyfile(context.scratch / name, context.out / name)
    return checkpoint


STEP = Step(
    "train",
    "Train the network, or take a checkpoint that is there",
    _run,
    inputs=("data",),
    options=(
        "model",
        "dataset",
        "weight_bits",
        "act_bits",
        "first_weight_bits",
        "last_weight_bits",
        "scaling",
        "per_channel",
        "seed",
        "train",
        "epochs",
        "float_epochs",
        "force",
    ),
    external=_external,
    code=False,
    outputs=(NAME,),
)
