"""Batches from memory: a dataset is one uint8 tensor, indexed per batch and not per image."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from kornia.augmentation import (
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomVerticalFlip,
)
from torch import Tensor

from hw_models.network import PIXEL_SCALE
from toolkit.data import Split
from toolkit.train.options import TrainOptions

Batch = tuple[Tensor, Tensor]


class Batches:
    """An iterable over ``(images float [B, C, H, W], labels int64 [B])``.

    Images hold real values ``pixel * 2**-8``, channels last in memory, which makes PyTorch's convolutions on
    the CPU faster. The last batch may be smaller.

    Args:
        split: images and labels.
        batch: images per batch.
        order: function that returns the order of the images, int64 [N], for each pass; None: as they are.
    """

    def __init__(self, split: Split, batch: int, order: Callable[[], Tensor] | None = None) -> None:
        self._images = torch.tensor(split.images)
        self._labels = torch.tensor(split.labels)
        self._batch = batch
        self._order = order

    def __len__(self) -> int:
        return -(-len(self._labels) // self._batch)

    def __iter__(self) -> Iterator[Batch]:
        order = self._order() if self._order else torch.arange(len(self._labels))
        for part in order.split(self._batch):
            yield to_real(self._images[part]), self._labels[part]


def to_real(images: Tensor) -> Tensor:
    """Convert uint8 pixels [N, C, H, W] to float real values, channels last in memory."""
    return images.contiguous(memory_format=torch.channels_last).float() * PIXEL_SCALE


def shuffled(count: int, seed: int, epoch: Callable[[], int]) -> Callable[[], Tensor]:
    """Return a function that orders ``count`` images by seed and ``epoch()`` alone.

    So a resumed training sees the same batches as an uninterrupted one.
    """

    def order() -> Tensor:
        generator = torch.Generator().manual_seed(seed * 100_003 + epoch())
        return torch.randperm(count, generator=generator)

    return order


def augmentation(options: TrainOptions, shape: tuple[int, int, int]) -> torch.nn.Module:
    """Return the random changes per image that the options ask for; ``shape``: (C, H, W) of the images."""
    changes: list[torch.nn.Module] = []
    strength, (_, height, width) = options.augment, shape
    if strength:
        changes.append(
            RandomAffine(
                degrees=12.0 * strength,
                translate=(min(1.0, 1.5 / width * strength), min(1.0, 1.5 / height * strength)),
                scale=(1 - 0.1 * strength, 1 + 0.1 * strength),
                shear=5.0 * strength,
                p=1.0,
            )
        )
    if options.mirror:
        changes.append(RandomHorizontalFlip(p=options.mirror))
    if options.flip:
        changes.append(RandomVerticalFlip(p=options.flip))
    if options.shift or options.rotate:
        shares = (min(1.0, options.shift / width), min(1.0, options.shift / height))
        changes.append(RandomAffine(degrees=options.rotate, translate=shares, p=1.0))
    if options.crop:
        changes.append(RandomCrop((height, width), padding=options.crop, p=1.0))
    if options.cutout:
        share = min(1.0, options.cutout**2 / (height * width))
        changes.append(RandomErasing(scale=(share, share), ratio=(1.0, 1.0), p=1.0))
    return torch.nn.Sequential(*changes)
