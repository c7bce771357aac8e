"""Datasets made from one dataset, to see how much figures depend on which images were trained on.

The test split has no part in it: the part ``test`` of such a dataset is a part of the images for training
and validation, from which the network of that dataset has learnt nothing, not even when to stop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import DataError
from toolkit.data.dataset import Dataset, Labels, Split
from toolkit.data.split import stratified, tenths

Indices = npt.NDArray[np.int64]
_VALIDATION = 8
"""One of so many images that are not scored chooses the epoch."""


def folds(dataset: Dataset, count: int, seed: int) -> Iterator[Dataset]:
    """Yield ``count`` datasets; each image is scored in one of them (k-fold, stratified).

    Raises:
        DataError: a class has fewer images than there are folds, or is not there at all.
    """
    pool = _pool(dataset)
    _require_each(dataset, pool, count)
    total, base = len(pool), len(pool) // count
    sizes = tuple(base + (k < total % count) for k in range(count))
    parts = stratified(_alike(dataset, pool.labels), sizes, seed)
    for k, part in enumerate(parts):
        rest = np.concatenate([other for one, other in enumerate(parts) if one != k])
        yield _divided(dataset, pool, np.sort(rest), part, seed)


def bootstrap(dataset: Dataset, count: int, seed: int) -> Iterator[Dataset]:
    """Yield ``count`` datasets, each of images drawn with replacement; those not drawn are scored.

    Of the images that choose the epoch none is trained on. Efron and Tibshirani, 1997.

    Raises:
        DataError: a class has too few images, or is not there at all.
    """
    pool = _pool(dataset)
    _require_each(dataset, pool, 5)
    for k in range(count):
        generator = np.random.Generator(np.random.PCG64([seed, k]))
        drawn = generator.integers(0, len(pool), len(pool))
        left = np.setdiff1d(np.arange(len(pool)), drawn)
        yield _divided(dataset, pool, np.sort(drawn), left, seed)


def _pool(dataset: Dataset) -> Split:
    """Return the images of training and validation together."""
    both = (dataset.train, dataset.validation)
    return Split(
        np.concatenate([part.images for part in both]), np.concatenate([part.labels for part in both])
    )


def _divided(dataset: Dataset, pool: Split, rest: Indices, scored: Indices, seed: int) -> Dataset:
    """Return the dataset that scores some images, and divides others into training and validation.

    An image that is in ``rest`` several times goes to one of the two with all its copies.
    """
    known = np.unique(rest)
    alike = _alike(dataset, pool.labels)[known]
    count = len(known) // _VALIDATION
    train, validation = (known[part] for part in stratified(alike, (len(known) - count, count), seed))

    def images(part: Indices) -> Split:
        return Split(pool.images[part], pool.labels[part])

    return replace(
        dataset, train=images(rest[np.isin(rest, train)]), validation=images(validation), test=images(scored)
    )


def _alike(dataset: Dataset, labels: Labels) -> Labels:
    return labels if dataset.classified else tenths(labels)


def _require_each(dataset: Dataset, pool: Split, count: int) -> None:
    counts = np.bincount(
        _alike(dataset, pool.labels), minlength=len(dataset.classes) if dataset.classified else 0
    )
    if counts.min() < count:
        label = int(counts.argmin())
        named = f"class {dataset.classes[label]}" if dataset.classified else f"tenth {label} of the values"
        raise DataError(
            f"images of {dataset.name} for training and validation",
            expected=f"at least {count} of each class",
            found=f"{counts.min()} of {named}",
        )
