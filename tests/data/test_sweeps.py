from __future__ import annotations

import numpy as np

from toolkit.data import load
from toolkit.data.sweeps import CLASSES


def test_the_bytes_are_pinned() -> None:
    """A shipped checkpoint belongs to exactly these frames: a change here orphans it."""
    dataset = load("sweeps")
    assert dataset.digest == "1c5b29dbc3137d62ca2ce09e241adeb532c01437e00517d413c36b60936e7d34"
    assert (dataset.image_shape, dataset.classes) == ((1, 49, 10), CLASSES)


def test_no_frame_is_there_twice_and_every_class_is_in_every_split() -> None:
    dataset = load("sweeps")
    frames = [image.tobytes() for _, split in dataset.splits() for image in split.images]
    assert len(set(frames)) == len(frames) == 7200
    assert all(np.ptp(np.bincount(split.labels, minlength=12)) <= 1 for _, split in dataset.splits())


def test_the_seed_moves_the_split_but_not_the_test_frames() -> None:
    one, other = load("sweeps", seed=0), load("sweeps", seed=1)
    assert np.array_equal(one.test.images, other.test.images)
    assert not np.array_equal(one.calibration.images, other.calibration.images)


def test_ridges_move_as_their_class_says() -> None:
    train = load("sweeps").train
    maps = train.images[:, 0].astype(float)
    rising, falling = (maps[train.labels == CLASSES.index(name)].mean(0) for name in ("rising", "falling"))
    rows = np.arange(10)

    def centres(mean: np.ndarray) -> np.ndarray:
        above = mean[10:40] - np.median(mean)
        return (above.clip(0) * rows).sum(1) / above.clip(0).sum(1)

    assert centres(rising)[25] > centres(rising)[3] + 1
    assert centres(falling)[25] < centres(falling)[3] - 1
