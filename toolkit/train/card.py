"""The model card of a checkpoint: figures, how they were measured, and how to reproduce them."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import toolkit
from hw_models import QuantConfig
from hw_models.quantized import QuantEarlyExitNet
from hw_models.registry import holds
from toolkit.core.artifact import write_json
from toolkit.data import OWN, Dataset, PictureForm
from toolkit.tasks import Frames, task_of
from toolkit.train.checkpoint import Checkpoint
from toolkit.train.history import History
from toolkit.train.logits import exit_logits
from toolkit.train.options import TrainOptions, recipe

_ELSEWHERE = ("seed", "device", "tracker")
"""Options of training that the command has in another place, or that do not decide its result."""
_PACKAGES = ("torch", "brevitas", "lightning", "kornia", "numpy")


def describe(
    net: QuantEarlyExitNet, dataset: Dataset, options: TrainOptions, history: History
) -> dict[str, Any]:
    """Return the details of a finished training, JSON types.

    This is the only place where training uses the test split.
    """
    frames = {
        name: Frames(split, exit_logits(net, split)) for name, split in dataset.splits() if name != "train"
    }
    epochs = {
        phase: sum(epoch.phase == phase for epoch in history.epochs) for phase in ("float", "quantized")
    }
    return {
        "classes": list(dataset.classes),
        "images": {name: len(split) for name, split in dataset.splits()},
        **({} if dataset.pictures is None else {"pictures": dataset.pictures.model_dump(mode="json")}),
        "options": options.to_json(),
        "seed": options.seed,
        "epochs": epochs,
        "train_seconds": round(sum(epoch.seconds for epoch in history.epochs)),
        **task_of(net.spec).card(frames, options.exit_rate),
        "versions": {
            "offramp": toolkit.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in _PACKAGES},
        },
    }


def card_of(checkpoint: Path) -> Path:
    """Return the path of the card of a checkpoint file: beside it, as ``.json``."""
    return checkpoint.with_suffix(".json")


def write_card(checkpoint: Checkpoint, path: Path) -> Path:
    """Write the card of the checkpoint at ``path``; returns the path of the card."""
    card = card_of(path)
    content = {
        **checkpoint.identity(),
        "quant_key": checkpoint.quant.key(),
        "digest": checkpoint.digest,
        **checkpoint.details,
        "reproduce": _command(checkpoint),
    }
    write_json(card, content)
    return card


def _command(checkpoint: Checkpoint) -> str:
    """Return the command that trains this checkpoint again, if but for epochs it has the dataset's recipe."""
    model = checkpoint.model if holds(checkpoint.network) else f"FILE.py:{checkpoint.model}"
    words = ["offramp train", model, *_data_words(checkpoint)]
    words += ["--seed", str(checkpoint.details.get("seed", 0))]
    options, given = checkpoint.details.get("options", {}), checkpoint.details.get("weights")
    own = recipe(checkpoint.dataset, "final" if given else "random").to_json()
    for name, value in own.items():
        if name not in _ELSEWHERE and (used := options.get(name, value)) != value:
            text = ",".join(map(str, used)) if isinstance(used, list) else str(used)
            words += ["--trained-exit-rate" if name == "exit_rate" else f"--{name.replace('_', '-')}", text]
    usual = QuantConfig().to_json()
    for name, value in checkpoint.quant.to_json().items():
        if name == "overrides":
            words += ["--layer-bits", checkpoint.quant.layer_bits] if value else []
        elif value != usual[name]:
            option = f"--{name.replace('_', '-')}"
            words += [option] if value is True else [option, str(value)]
    if given:
        words += ["--weights", "WEIGHTS", "--weights-unit", str(given["unit"])]
    return " ".join(words)


def _data_words(checkpoint: Checkpoint) -> list[str]:
    """Return the options that name the dataset; where a user's own data are is not recorded."""
    words = ["--dataset", checkpoint.dataset, *(["--data-path", "DATA"] if checkpoint.dataset in OWN else [])]
    read_as = checkpoint.details.get("pictures")
    form = PictureForm() if read_as is None else PictureForm.model_validate_json(json.dumps(read_as))
    if form.resize and form.size is not None:
        height, width = form.size
        words += ["--image-size", str(height), *([] if width == height else ["--image-width", str(width)])]
    if form.convert and form.colour is not None:
        words += ["--colour", form.colour]
    return words
