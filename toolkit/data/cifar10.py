"""``cifar10``: the official CIFAR-10 (Krizhevsky 2009), from its python or its binary version.

The folder holds one of: the archive of the binary or the python version as published, or the batches unpacked
from it, with or without the archive's own folder. Missing data are downloaded as the binary version.
MD5s are published for both archives and, by common use, for the pickled batches; for unpacked binary batches
there are none: their sizes and their images per class are checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from toolkit.core.errors import DataError
from toolkit.core.paths import is_file
from toolkit.core.reading import read_bytes, read_members
from toolkit.data.cifar import CLASSES, binary_batch, joined, pickled_batch
from toolkit.data.dataset import Dataset, Split
from toolkit.data.fetch import download, require_folder, require_official
from toolkit.data.request import Request
from toolkit.data.split import held_out

MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
_SHARE = 10  # 1/10 of the training images each for validation and calibration: 5,000 of 50,000


class Archive(NamedTuple):
    """A published file."""

    name: str
    digest: str


@dataclass(frozen=True)
class Version:
    """One of the versions in which CIFAR-10 is published.

    Attributes:
        archive: its archive.
        folder: folder in the archive that holds the batches.
        batches: names of the training batches, then of the test batch.
        md5: MD5 of each batch, where it is known.
    """

    archive: Archive
    folder: str
    batches: tuple[str, ...]
    md5: Mapping[str, str]

    def find(self, folder: Path) -> list[bytes] | None:
        """Return the content of every batch below ``folder``; None if they are not there.

        Raises:
            DataError: some are missing or damaged, or a file is not the official one.
        """
        packed = folder / self.archive.name
        if is_file(packed):
            require_official(packed, self.archive.digest)
            names = [f"{self.folder}/{name}" for name in self.batches]
            return read_members(packed, names, f"data file {packed}", DataError)
        places = (folder / self.folder, folder)
        place = next((one for one in places if any(is_file(one / name) for name in self.batches)), None)
        if place is None:
            return None
        for name, md5 in self.md5.items():
            require_official(place / name, md5)
        return [read_bytes(place / name, f"data file {place / name}", DataError) for name in self.batches]

    def read(self, content: bytes, name: str) -> Split:
        """Read one batch; raises DataError if it is damaged."""
        reader = binary_batch if name.endswith(".bin") else pickled_batch
        return reader(content, f"CIFAR-10's {name}")


_NAMES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
BINARY = Version(
    Archive("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"),
    "cifar-10-batches-bin",
    tuple(f"{name}.bin" for name in _NAMES),
    {},
)
PYTHON = Version(
    Archive("cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a"),
    "cifar-10-batches-py",
    _NAMES,
    {
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "40351d587109b95175f43aff81a1287e",
    },
)


def load(request: Request) -> Dataset:
    """Load CIFAR-10: 40,000 / 5,000 / 5,000 images of the training batches, official test batch.

    Raises:
        DataError: a file is missing, damaged or not the official one, or a download failed.
    """
    if request.fetch:
        download(request.folder, [BINARY.archive], MIRRORS, request.progress)
    return assemble(request.folder, (BINARY, PYTHON), request.seed, per_class=1000)


def assemble(folder: Path, versions: Sequence[Version], seed: int, per_class: int) -> Dataset:
    """Read the first of ``versions`` that ``folder`` holds.

    Args:
        per_class: images of each class in the test batch; the training batches hold as many each in the mean.

    Raises:
        DataError: none is there, or as :func:`load`.
    """
    require_folder(folder, [version.archive.name for version in versions])
    for version in versions:
        if (contents := version.find(folder)) is not None:
            pairs = zip(contents, version.batches, strict=True)
            *training, test = [version.read(content, name) for content, name in pairs]
            whole = joined(training)
            for part, split, count in (
                ("training batches", whole, per_class * len(training)),
                ("test batch", test, per_class),
            ):
                found = np.bincount(split.labels, minlength=len(CLASSES))
                if (found != count).any():
                    raise DataError(
                        f"the {part} of CIFAR-10 in {folder}",
                        expected=f"{count:,} images of each class",
                        found=f"{found.min():,} to {found.max():,}",
                        fix="Get the official files again.",
                    )
            return Dataset("cifar10", CLASSES, *held_out(whole, _SHARE, seed), test)
    names = " or ".join(version.archive.name for version in versions)
    raise DataError(f"data folder {folder}", expected=f"{names}, or its batches", found="neither")
