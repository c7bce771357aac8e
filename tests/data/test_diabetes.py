from __future__ import annotations

import numpy as np
from sklearn.datasets import load_diabetes

from toolkit.data import load


def test_the_bytes_are_pinned() -> None:
    """A shipped checkpoint belongs to exactly these frames: a change here orphans it."""
    dataset = load("diabetes")
    assert dataset.digest == "840973560e2f8efcc29ec281b5af515eba51dad8ebb1748be7b445d88b9f70ba"
    assert (dataset.image_shape, dataset.classes) == ((1, 1, 10), ())


def test_every_record_is_in_one_split_with_its_value() -> None:
    dataset, source = load("diabetes"), load_diabetes(scaled=False)
    assert [len(split) for _, split in dataset.splits()] == [258, 48, 48, 88]
    labels = np.concatenate([split.labels for _, split in dataset.splits()])
    assert sorted(labels) == sorted(source.target)
    ages = np.concatenate([split.images[:, 0, 0, 0] for _, split in dataset.splits()])
    alone = {value: age for value, age in zip(labels, ages, strict=True) if (labels == value).sum() == 1}
    pairs = zip(source.data[:, 0], source.target, strict=True)
    found = [(alone[value], age) for age, value in pairs if value in alone]
    assert len(found) > 50
    assert np.corrcoef(np.transpose(found))[0, 1] > 0.999


def test_the_test_split_has_no_part_in_the_scaling() -> None:
    dataset = load("diabetes")
    rest = np.concatenate([split.images for name, split in dataset.splits() if name != "test"])
    assert (rest.min(axis=0) == 0).all()
    assert (rest.max(axis=0) == 255).all()


def test_the_seed_moves_the_split_but_not_the_test_frames() -> None:
    one, other = load("diabetes", seed=0), load("diabetes", seed=1)
    assert np.array_equal(one.test.images, other.test.images)
    assert not np.array_equal(one.calibration.images, other.calibration.images)
