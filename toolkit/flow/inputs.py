"""The data of a run, as every step that reads them takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.flow.step import Context

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toolkit.data import Dataset


def dataset(context: Context) -> Dataset:
    """The dataset of a run.

    Raises:
        DataError: the files are not those the run began with.
    """
    from toolkit.data import DatasetInfo, load

    options = context.options.data
    found = load(options.dataset, options.data_dir, options.seed, context.progress)
    DatasetInfo.load(context.input("data")).require(found)
    return found


def test_images(context: Context) -> NDArray[np.uint8]:
    """The test images that go through the hardware, uint8 (N, C, H, W)."""
    return dataset(context).test.images[: context.options.simulation.frames]
