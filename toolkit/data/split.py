"""Seeded, stratified splitting: every part has the class proportions of the whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import DataError
from toolkit.data.dataset import Labels

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
