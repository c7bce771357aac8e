from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from toolkit.data import load
from toolkit.data.digits import enlarge


def test_the_bytes_are_pinned() -> None:
    """A shipped checkpoint belongs to exactly these images: a change here orphans it."""
    assert load("digits").digest == "a5349b69992c7ef58e98e9b813785c8091c9195bd880a41a98ec04443ab5c8b2"


def test_splits_hold_every_image_once() -> None:
    dataset = load("digits")
    images = np.concatenate([split.images for _, split in dataset.splits()])
    source = enlarge(load_digits().images.astype(np.int64))
    assert sorted(image.tobytes() for image in images) == sorted(image.tobytes() for image in source)
    assert [len(split) for _, split in dataset.splits()] == [1077, 180, 180, 360]


def test_labels_stay_with_their_images() -> None:
    source = load_digits()
    lookup = {
        image.tobytes(): label
        for image, label in zip(enlarge(source.images.astype(np.int64)), source.target, strict=True)
    }
    for _, split in load("digits").splits():
        found = [lookup[image.tobytes()] for image in split.images]
        assert found == split.labels.tolist()


def test_the_seed_moves_the_split_but_not_the_test_images() -> None:
    one, other = load("digits", seed=0), load("digits", seed=1)
    assert np.array_equal(one.test.images, other.test.images)
    assert not np.array_equal(one.calibration.images, other.calibration.images)
    assert one.digest != other.digest


def test_enlarging_keeps_flat_images_flat_and_uses_the_whole_range() -> None:
    flat = enlarge(np.full((1, 8, 8), 16, dtype=np.int64))
    assert flat.shape == (1, 1, 28, 28)
    assert np.all(flat[0, 0, 4:24, 4:24] == 255)
    assert flat.sum() == 255 * 20 * 20
