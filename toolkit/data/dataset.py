"""Datasets: four splits of images and labels, and one digest over all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from toolkit.core.artifact import Artifact
from toolkit.core.errors import DataError
from toolkit.core.groups import named
from toolkit.data.pictures import PictureForm

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """A split of a dataset: images uint8 [N, C, H, W] and labels int64 [N], both read-only.

    Raises:
        DataError: shapes or dtypes differ from these, or the numbers of images and labels differ.
    """

    images: Images
    labels: Labels

    def __post_init__(self) -> None:
        found = f"{self.images.dtype} {self.images.shape} and {self.labels.dtype} {self.labels.shape}"
        shapes_fit = self.images.ndim == 4 and self.labels.shape == self.images.shape[:1]
        if not shapes_fit or self.images.dtype != np.uint8 or self.labels.dtype != np.int64:
            expected = "images uint8 [N, C, H, W] with labels int64 [N]"
            raise DataError("a split of a dataset has the wrong form", expected=expected, found=found)
        self.images.flags.writeable = False
        self.labels.flags.writeable = False

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A dataset with its splits.

    ``train`` is for fitting weights, ``validation`` for stopping training and choosing the checkpoint,
    ``calibration`` only for thresholds, ``test`` only for the final figures. ``pictures`` says how pictures
    were read, where files of pictures are the data. Where labels have ``groups``, each of them is of one of
    ``classes``, and a label is all of them in one number (:mod:`toolkit.core.groups`).
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    calibration: Split
    test: Split
    pictures: PictureForm | None = None
    groups: int = 1

    def splits(self) -> Iterator[tuple[str, Split]]:
        """Yield the four splits with their names, in a fixed order."""
        for name in ("train", "validation", "calibration", "test"):
            yield name, getattr(self, name)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Shape (C, H, W) of every image."""
        _, channels, height, width = self.train.images.shape
        return channels, height, width

    @property
    def classified(self) -> bool:
        """Whether a label is one of the classes, and not a value or several classes in one number."""
        return bool(self.classes) and self.groups == 1

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of name, classes and every split; it differs for another split of the same data."""
        what = (self.name, self.classes, *([self.groups] if self.groups > 1 else []))
        sha = hashlib.sha256(repr(what).encode())
        for name, split in self.splits():
            sha.update(repr((name, split.images.shape)).encode())
            sha.update(np.ascontiguousarray(split.images).data)
            sha.update(np.ascontiguousarray(split.labels).astype("<i8", copy=False).data)
        return sha.hexdigest()


class DatasetInfo(Artifact):
    """A description of a run's dataset, which is known without loading the data.

    Attributes:
        name: name of the dataset.
        digest: digest of the data, :attr:`Dataset.digest`.
        classes: names of the classes.
        shape: shape (C, H, W) of every image.
        images: number of images per split.
        pictures: how pictures were read, so that others are read alike; None: there were no pictures.
        groups: groups of a label, each of one of the classes.
    """

    FILE: ClassVar[str] = "dataset.json"

    name: str
    digest: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    images: dict[str, int]
    pictures: PictureForm | None = None
    groups: int = 1

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Describe a dataset."""
        images = {name: len(split) for name, split in dataset.splits()}
        return cls(
            name=dataset.name,
            digest=dataset.digest,
            classes=dataset.classes,
            shape=dataset.image_shape,
            images=images,
            pictures=dataset.pictures,
            groups=dataset.groups,
        )

    def named(self, label: int) -> str:
        """Return the name of a label, or of an answer."""
        return named(label, self.groups, self.classes)

    def require(self, dataset: Dataset) -> None:
        """Check that a dataset is the one described.

        Raises:
            DataError: its files have changed since the run began.
        """
        if dataset.digest != self.digest:
            fix = "Bring the files back, or start a new run."
            what = f"dataset {dataset.name} has changed"
            raise DataError(what, expected=self.digest, found=dataset.digest, fix=fix)
