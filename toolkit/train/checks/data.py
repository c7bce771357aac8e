"""Checks of images and labels. Test images are only compared with others, byte for byte."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from toolkit.data import Dataset, Split
from toolkit.train.checks.result import DataChecks, Suspect

EXAMINED = 2000
"""Training images at most that linear models are fitted to."""
SUSPICIOUS = 0.05
"""Probability of an image's own label below which it looks mislabelled."""
SURE = 0.5
"""Probability that the other class must have."""
_FOLDS, _STEPS, _SIDE = 5, 200, 1024


def check_data(dataset: Dataset) -> DataChecks:
    """Look at a dataset; takes seconds."""
    train, classes = dataset.train, len(dataset.classes)
    counts = {
        name: tuple(int(n) for n in np.bincount(split.labels, minlength=classes))
        for name, split in dataset.splits()
    }
    places = defaultdict(list)
    for place, key in enumerate(_keys(train)):
        places[key].append(place)
    several = [found for found in places.values() if len(found) > 1]
    flat = train.images.reshape(len(train), -1)
    some = _some(train, classes)
    most = int(np.argmax(counts["train"]))
    return DataChecks(
        counts=counts,
        duplicates=sum(map(len, several)),
        contradictions=sum(len(found) for found in several if len(set(train.labels[found].tolist())) > 1),
        shared={
            name: sum(key in places for key in _keys(split))
            for name, split in dataset.splits()
            if split is not train and name != "train"
        },
        constant=tuple(np.flatnonzero(flat.min(axis=1) == flat.max(axis=1)).tolist()),
        suspects=_suspects(train, some),
        examined=len(some),
        majority=float(np.mean(dataset.validation.labels == most)),
        linear=_linear(train, some, dataset.validation),
    )


def _keys(split: Split) -> list[bytes]:
    """Return a key of each image: equal images have equal ones."""
    return [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in split.images]


def _some(train: Split, classes: int) -> NDArray[np.int64]:
    """Return the places of training images to fit to, evenly spread, of each class its share."""
    share = min(1.0, EXAMINED / len(train))
    chosen = []
    for label in range(classes):
        mine = np.flatnonzero(train.labels == label)
        chosen += mine[: max(1, round(share * len(mine)))].tolist()
    return np.array(sorted(chosen), dtype=np.int64)


def _pixels(split: Split, places: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
    """Return images as rows of at most about a thousand pixels, from 0 to 1."""
    images = split.images if places is None else split.images[places]
    step = 1
    while images[0, :, ::step, ::step].size > _SIDE:
        step += 1
    return (images[:, :, ::step, ::step].reshape(len(images), -1) / np.float32(255)).astype(np.float32)


def _model() -> LogisticRegression:
    return LogisticRegression(max_iter=_STEPS, C=0.1)


def _linear(train: Split, some: NDArray[np.int64], validation: Split) -> float | None:
    """Return the accuracy of a logistic regression; None with a single class."""
    labels = train.labels[some]
    if len(set(labels.tolist())) < 2:
        return None
    model = _model().fit(_pixels(train, some), labels)
    return float(np.mean(model.predict(_pixels(validation)) == validation.labels))


def _suspects(train: Split, some: NDArray[np.int64]) -> tuple[Suspect, ...]:
    """Return images whose label a model, fitted to the other folds, finds all but impossible."""
    labels = train.labels[some]
    known, counts = np.unique(labels, return_counts=True)
    if len(known) < 2 or counts.min() < _FOLDS:
        return ()
    folds = StratifiedKFold(_FOLDS)
    chances = cross_val_predict(_model(), _pixels(train, some), labels, cv=folds, method="predict_proba")
    own = chances[np.arange(len(some)), np.searchsorted(known, labels)]
    best = chances.argmax(axis=1)
    found = np.flatnonzero((own < SUSPICIOUS) & (chances.max(axis=1) > SURE))
    return tuple(
        Suspect(
            image=int(some[k]), label=int(labels[k]), looks_like=int(known[best[k]]), chance=float(own[k])
        )
        for k in sorted(found.tolist(), key=lambda k: own[k])
    )
