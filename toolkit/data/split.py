"""Seeded, stratified splitting: every part has the class proportions of the whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import DataError
from toolkit.data.dataset import Dataset, Labels, Split

Indices = npt.NDArray[np.int64]


def stratified(labels: Labels, sizes: tuple[int, ...], seed: int) -> tuple[Indices, ...]:
    """Split the indices of ``labels`` [N] into disjoint parts of exactly ``sizes`` members, N in all.

    The members of each class are shuffled and spread evenly over one line of all samples; cutting that line
    anywhere leaves every class within one member of its share. Each part is returned in ascending order.

    Raises:
        DataError: the sizes do not add up to N.
    """
    if sum(sizes) != len(labels) or min(sizes) < 0:
        found = f"parts of {', '.join(map(str, sizes))}"
        raise DataError(
            "the split does not use every sample once", expected=f"{len(labels)} in all", found=found
        )
    generator = np.random.Generator(np.random.PCG64(seed))
    order = generator.permutation(len(labels))
    position = np.empty(len(labels), dtype=np.float64)
    for label in np.unique(labels):
        members = order[labels[order] == label]
        position[members] = (np.arange(len(members)) + 0.5) / len(members)
    line = order[np.argsort(position[order], kind="stable")]
    return tuple(np.sort(part) for part in np.split(line, np.cumsum(sizes)[:-1]))


def held_out(whole: Split, share: int, seed: int) -> tuple[Split, Split, Split]:
    """Split into training, validation and calibration: 1 / ``share`` of the images for each of the latter."""
    count = len(whole) // share
    parts = stratified(whole.labels, (len(whole) - 2 * count, count, count), seed)
    train, validation, calibration = (Split(whole.images[part], whole.labels[part]) for part in parts)
    return train, validation, calibration


def require_every_class(dataset: Dataset, what: str) -> None:
    """Check that every part of a dataset holds every class.

    Args:
        what: name of the data in the message.

    Raises:
        DataError: there are too few images for the split; names all classes that are missing, and where.
    """
    lacking = []
    for name, part in dataset.splits():
        counts = np.bincount(part.labels, minlength=len(dataset.classes))
        lacking += [f"none of {dataset.classes[label]} for {name}" for label in np.flatnonzero(counts == 0)]
    if lacking:
        raise DataError(
            f"{what}: too few images for the split",
            expected="at least one image of each class for training, validation, calibration and test",
            found=", ".join(lacking),
            fix="20 images of each class are always enough.",
        )
