"""``numbers``: numbers of one to six digits, composed of MNIST's, in the form of street-number recognition.

A label has six places, from the left, each of a digit or none (Goodfellow and others, arXiv 1312.6082, have
five, and classes for the length). Digits have half their size and stand in cells of ten pixels, each a little
off its place; the number begins at one of five distances from the left edge, and has a contrast and noise of
its own. The frames of a split are made of that split's digits of MNIST: none for test was trained on.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.core.groups import NOTHING, joined
from toolkit.data import mnist
from toolkit.data.dataset import Dataset, Images, Split
from toolkit.data.request import Request

PLACES = 6
CLASSES = (*"0123456789", NOTHING)
SIZES = {"train": 40_000, "validation": 4_000, "calibration": 4_000, "test": 10_000}
"""Frames of each split."""
_HEIGHT, _WIDTH, _CELL, _SIDE = 16, 64, 10, 14
_EDGE = 4
"""Columns around the frame into which empty borders of digits may reach."""
_NONE = CLASSES.index(NOTHING)


def load(request: Request) -> Dataset:
    """Make ``numbers`` of the files of ``mnist``, in the folder beside; :data:`SIZES` are its frames.

    Raises:
        DataError: as :func:`toolkit.data.mnist.load`.
    """
    digits = mnist.load(replace(request, folder=request.folder.with_name(mnist.SET.name)))
    train, validation, calibration, test = (
        compose(split, SIZES[name], seed) for seed, (name, split) in enumerate(digits.splits())
    )
    return Dataset("numbers", CLASSES, train, validation, calibration, test, groups=PLACES)


def compose(digits: Split, count: int, seed: int) -> Split:
    """Compose ``count`` numbers of digits; equal arguments, equal numbers.

    Args:
        digits: pictures of single digits, uint8 [N, 1, 28, 28], and their labels 0 to 9.
    """
    draw = np.random.Generator(np.random.PCG64(seed))
    small = _half(digits.images[:, 0])
    chosen = draw.integers(0, len(small), (count, PLACES))
    there = np.arange(PLACES) < draw.integers(1, PLACES + 1, (count, 1))
    left = _EDGE + draw.integers(0, _WIDTH - PLACES * _CELL + 1, (count, 1, 1))
    canvas = np.zeros((count, _HEIGHT, _WIDTH + 2 * _EDGE), dtype=np.uint8)
    frame, side = np.arange(count)[:, None, None], np.arange(_SIDE)
    for place in range(PLACES):
        down, right = draw.integers(-1, 2, (2, count, 1, 1))
        rows = 1 + down + side[:, None]
        columns = left + place * _CELL + (_CELL - _SIDE) // 2 + right + side
        inked = small[chosen[:, place]] * there[:, place, None, None]
        canvas[frame, rows, columns] = np.maximum(canvas[frame, rows, columns], inked)
    seen = canvas[:, :, _EDGE:-_EDGE].astype(np.uint16)
    contrast = draw.integers(64, 129, (count, 1, 1), dtype=np.uint16)
    noise = draw.integers(0, 40, seen.shape, dtype=np.uint16)
    images = np.minimum(seen * contrast // 128 + noise, 255).astype(np.uint8)
    labels = joined(np.where(there, digits.labels[chosen], _NONE), len(CLASSES))
    return Split(images[:, None], labels)


def _half(images: Images) -> Images:
    """Return images [N, 28, 28] at half their size: the mean of two by two pixels, rounded down."""
    by_two = images.reshape(len(images), _SIDE, 2, _SIDE, 2).sum(axis=(2, 4), dtype=np.uint16)
    return (by_two // 4).astype(np.uint8)
