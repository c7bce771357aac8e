"""The dataset of a run, loaded and checked in one way for all steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.flow.data import load_data
from toolkit.flow.step import Context

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toolkit.data import Dataset, DatasetInfo


def info(context: Context) -> DatasetInfo:
    """Return the description of the dataset of a run."""
    from toolkit.data import DatasetInfo

    return DatasetInfo.load(context.input("data"))


def dataset(context: Context) -> Dataset:
    """Load the dataset of a run.

    Raises:
        DataError: the files have changed since the run began.
    """
    from toolkit.data import DatasetInfo

    found = load_data(context.options.data, context.progress)
    DatasetInfo.load(context.input("data")).require(found)
    return found


def test_images(context: Context) -> NDArray[np.uint8]:
    """Load the test images that are simulated, uint8 (N, C, H, W)."""
    return dataset(context).test.images[: context.options.simulation.frames]
