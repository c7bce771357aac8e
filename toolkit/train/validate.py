"""Trains a network on a part of the data, and scores it on images that it never saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hw_models import QuantConfig
from hw_models.description import network_of
from hw_models.network import EarlyExitNet
from toolkit.core.store import scratch
from toolkit.data import Dataset, Split
from toolkit.data.here import dataset_here
from toolkit.data.resample import bootstrap, folds
from toolkit.tasks import Frames, task_of
from toolkit.train.logits import exit_logits
from toolkit.train.options import TrainOptions
from toolkit.train.run import one_thread, train
from toolkit.train.validation import Round, Scheme

_SCHEMES = {"folds": folds, "bootstrap": bootstrap}
SHIFTS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""Views of an image, by rows down and columns to the right; the first is the image itself."""


def score_round(
    folder: Path,
    *,
    network: Mapping[str, Any],
    quant: Mapping[str, Any],
    training: Mapping[str, Any],
    data: str,
    scheme: Scheme,
    rounds: int,
    number: int,
    views: int,
    source: Mapping[str, Any],
) -> None:
    """Train and score one round of a validation, and write it into ``folder``; a piece of work.

    Args:
        network, quant, training: as their JSON.
        data: digest of the data.
        rounds: number of rounds.
        number: this one, from 0.
        views: number of :data:`SHIFTS` whose outputs are averaged, for a second set of figures; 1: none.
        source: arguments of :func:`toolkit.data.here.dataset_here`.

    Raises:
        DataError: the data here are others, or there are too few images of a class.
        OfframpError: any error of :func:`toolkit.train.run.train`.
    """
    spec, options = network_of(dict(network), "the network of a validation"), TrainOptions(**training)
    parts = _SCHEMES[scheme](dataset_here(data, **source), rounds, options.seed)
    part = next(islice(parts, number, None))
    with scratch("round") as work, one_thread():
        net = train(spec, QuantConfig.from_json(quant), part, options, work).build()
        figures = _figures(net, part, options, 1)
        if views > 1:
            more = _figures(net, part, options, views)
            figures |= {f"{name}, {views} views": value for name, value in more.items()}
    Round(trained=len(part.train), scored=len(part.test), figures=figures).save(folder)


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
