from __future__ import annotations

import numpy as np

from toolkit.data import load
from toolkit.data.sweeps import CLASSES


def test_every_class_is_in_every_split() -> None:
    splits = load("sweeps").splits()
    assert all(np.ptp(np.bincount(split.labels, minlength=12)) <= 1 for _, split in splits)


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
