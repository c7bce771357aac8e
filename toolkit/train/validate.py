"""Trains a network again and again, on parts of the data, and scores each on images that it never saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hw_models import NetworkSpec, QuantConfig
from hw_models.network import EarlyExitNet
from toolkit.core.progress import Progress, silent
from toolkit.data import Dataset, Split
from toolkit.data.resample import bootstrap, folds
from toolkit.tasks import Frames, task_of
from toolkit.train.checkpoint import Checkpoint
from toolkit.train.logits import exit_logits
from toolkit.train.options import TrainOptions
from toolkit.train.phase import Say
from toolkit.train.run import train
from toolkit.train.validation import Round, Scheme, Validation

_SCHEMES = {"folds": folds, "bootstrap": bootstrap}
SHIFTS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""Views of an image, by rows down and columns to the right; the first is the image itself."""


def validate(
    spec: NetworkSpec,
    quant: QuantConfig,
    dataset: Dataset,
    options: TrainOptions,
    scheme: Scheme,
    rounds: int,
    folder: Path,
    views: int = 1,
    say: Say | None = None,
    progress: Progress = silent,
) -> Validation:
    """Train ``spec`` in each of ``rounds`` and return all figures.

    Args:
        folder: keeps the trainings, so that a killed validation goes on.
        views: number of :data:`SHIFTS` whose outputs are averaged, for a second set of figures; 1: none.

    Raises:
        DataError: too few images of a class.
        OfframpError: any error of :func:`toolkit.train.run.train`.
    """
    found = []
    for k, data in enumerate(_SCHEMES[scheme](dataset, rounds, options.seed)):
        checkpoint = train(spec, quant, data, options, folder / f"round{k}", None, progress)
        net = checkpoint.build()
        figures = _figures(net, data, options, 1)
        if views > 1:
            more = _figures(net, data, options, views)
            figures |= {f"{name}, {views} views": value for name, value in more.items()}
        found.append(Round(trained=len(data.train), scored=len(data.test), figures=figures))
        if say is not None:
            shown = task_of(spec).headline(_nested(checkpoint))
            say(f"round {k + 1} of {rounds}: {shown} of {len(data.test):,} images that it never saw")
    return Validation(model=spec.name, dataset=dataset.name, scheme=scheme, views=views, rounds=tuple(found))


def _nested(checkpoint: Checkpoint) -> Mapping[str, object]:
    return dict(checkpoint.details["metrics"]["test"])


def _figures(net: EarlyExitNet, data: Dataset, options: TrainOptions, views: int) -> dict[str, float]:
    """Return the figures of the scored images, by name; those of several exits by their numbers."""
    parts = {"calibration": data.calibration, "test": data.test}
    frames = {name: Frames(part, averaged_outputs(net, part, views)) for name, part in parts.items()}
    card = task_of(net.spec).card(frames, options.exit_rate)
    return dict(_flat(card["metrics"]["test"]))


def averaged_outputs(net: EarlyExitNet, split: Split, views: int) -> list[npt.NDArray[np.float32]]:
    """Return the outputs of each exit as means over the first ``views`` shifts, float32 [N, outputs].

    Pixels that a shift brings in are those of the edge.
    """
    height, width = split.images.shape[2:]
    padded = np.pad(split.images, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    seen = []
    for down, right in SHIFTS[:views]:
        shifted = padded[:, :, 1 - down : 1 - down + height, 1 - right : 1 - right + width]
        seen.append(exit_logits(net, Split(np.ascontiguousarray(shifted), split.labels)))
    return [np.mean(each, axis=0, dtype=np.float32) for each in zip(*seen, strict=True)]


def _flat(metrics: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    for name, value in metrics.items():
        many = isinstance(value, list)
        for k, one in enumerate(value if isinstance(value, list) else [value]):
            if name != "images" and isinstance(one, (int, float)):
                yield f"{name} {k}" if many else name, float(one)
