"""Numbers composed of made-up digits, where MNIST is not at hand."""

from __future__ import annotations

import numpy as np

from toolkit.data import Dataset, Split
from toolkit.data.numbers import CLASSES, PLACES, compose


def bars(count: int = 50) -> Split:
    """Pictures that stand for digits: digit d has d + 1 rows of ink."""
    labels = np.arange(count) % 10
    images = np.zeros((count, 1, 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[0, 4 : 6 + 2 * label, 8:20] = 255
    return Split(images, labels)


def few_numbers(count: int = 96) -> Dataset:
    """A dataset of numbers of such digits, with ``count`` frames in each split."""
    train, validation, calibration, test = (compose(bars(), count, seed) for seed in range(4))
    return Dataset("numbers", CLASSES, train, validation, calibration, test, groups=PLACES)
