"""Batches straight from memory: whole datasets as uint8 tensors, indexed by batch, nothing per image."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from kornia.augmentation import RandomAffine
from torch import Tensor

from hw_models.network import PIXEL_SCALE
from toolkit.data import Split

Batch = tuple[Tensor, Tensor]


class Batches:
    """An iterable over ``(images float [B, C, H, W], labels int64 [B])``.

    Images carry real values ``pixel * 2**-8``, channels last in memory, which PyTorch's convolutions on the
    CPU work faster with. The last batch may be smaller.
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
    """uint8 [N, C, H, W] pixels to float real values, channels last in memory."""
    return images.contiguous(memory_format=torch.channels_last).float() * PIXEL_SCALE


def shuffled(count: int, seed: int, epoch: Callable[[], int]) -> Callable[[], Tensor]:
    """An order that depends on seed and epoch alone: a resumed training sees what it would have seen."""

    def order() -> Tensor:
        generator = torch.Generator().manual_seed(seed * 100_003 + epoch())
        return torch.randperm(count, generator=generator)

    return order


def augmentation(strength: float) -> torch.nn.Module:
    """Random affine changes of handwriting, per image: see :class:`~toolkit.train.options.TrainOptions`."""
    if strength == 0:
        return torch.nn.Identity()
    return RandomAffine(
        degrees=12.0 * strength,
        translate=(1.5 / 28 * strength, 1.5 / 28 * strength),
        scale=(1 - 0.1 * strength, 1 + 0.1 * strength),
        shear=5.0 * strength,
        p=1.0,
    )
