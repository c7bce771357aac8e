from __future__ import annotations

import pytest
import torch

from toolkit.data import Dataset
from toolkit.train import TrainOptions
from toolkit.train.batches import Batches, augmentation, shuffled

SHAPE = (1, 28, 28)
STILL = TrainOptions(augment=0.0)
EVERYTHING = TrainOptions(mirror=0.5, flip=0.5, shift=2.0, rotate=20.0, crop=2, cutout=1)


def test_every_image_comes_once_with_its_label(few_digits: Dataset) -> None:
    order = shuffled(100, seed=1, epoch=lambda: 4)
    batches = Batches(few_digits.train, 30, order)
    parts = list(batches)
    assert len(parts) == len(batches) == 4
    images, labels = (torch.cat(column) for column in zip(*parts, strict=True))
    assert torch.equal(images * 256, torch.tensor(few_digits.train.images)[order()].float())
    assert torch.equal(labels, torch.tensor(few_digits.train.labels)[order()])
    assert order().unique().numel() == 100


def test_the_order_changes_with_epoch_and_seed() -> None:
    orders = [shuffled(50, seed, lambda at=epoch: at)() for seed, epoch in ((0, 0), (0, 1), (1, 0), (0, 0))]
    assert torch.equal(orders[0], orders[3])
    assert not torch.equal(orders[0], orders[1])
    assert not torch.equal(orders[0], orders[2])


def test_augmentation_changes_images_a_little(few_digits: Dataset) -> None:
    images = torch.tensor(few_digits.train.images).float() / 256
    torch.manual_seed(0)
    changed = augmentation(TrainOptions(), SHAPE)(images)
    assert changed.shape == images.shape
    assert 0 <= changed.min() <= changed.max() < 1.0001
    shift = (changed - images).abs().mean(dim=(1, 2, 3))
    assert shift.min() > 0
    assert shift.max() < 0.25
    assert torch.equal(augmentation(STILL, SHAPE)(images), images)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 49, 10), (3, 1, 1)])
def test_images_of_any_shape_are_changed(shape: tuple[int, int, int]) -> None:
    images = torch.rand(5, *shape)
    assert augmentation(EVERYTHING, shape)(images).shape == images.shape
    assert torch.equal(augmentation(STILL.changed(mirror=1.0), shape)(images), images.flip(3))


def test_each_change_is_what_its_name_says() -> None:
    images = torch.rand(20, *SHAPE) * 0.9 + 0.1
    black = {
        name: (augmentation(STILL.changed(**{name: value}), SHAPE)(images) < 0.05).float().mean(dim=(1, 2, 3))
        for name, value in (("cutout", 7), ("crop", 4), ("shift", 4.0))
    }
    assert torch.allclose(black["cutout"], torch.tensor(49 / 784), atol=0.02)
    for name in ("crop", "shift"):
        assert 0 < black[name].max() <= 1 - (24 / 28) ** 2 + 0.02
    assert torch.equal(augmentation(STILL.changed(flip=1.0), SHAPE)(images), images.flip(2))
    turned = augmentation(STILL.changed(rotate=180.0), SHAPE)(images)
    assert turned.shape == images.shape
    assert not torch.allclose(turned, images, atol=0.1)
