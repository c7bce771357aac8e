"""Datasets as uint8 NCHW arrays, split by seed into train, validation, calibration and test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from toolkit.core.artifact import files_below, sha256_file, sha256_json
from toolkit.core.env import settings
from toolkit.core.errors import BadOption, DataError, UnknownName
from toolkit.core.paths import is_folder
from toolkit.core.progress import Progress, silent
from toolkit.core.reading import reading
from toolkit.data import (
    arrays,
    california_housing,
    cifar10,
    cifar10_subset,
    diabetes,
    digits,
    fashion_mnist,
    hums,
    imagefolder,
    mnist,
    numbers,
    random_frames,
    svhn,
    svhn_numbers,
    sweeps,
)
from toolkit.data.dataset import Dataset, DatasetInfo, Split
from toolkit.data.pictures import PictureForm
from toolkit.data.request import OwnData, Request

__all__ = ["OWN", "Dataset", "DatasetInfo", "OwnData", "PictureForm", "Split", "load", "names"]

LOADERS: Mapping[str, Callable[[Request], Dataset]] = {
    "digits": digits.load,
    "mnist": mnist.load,
    "fashion_mnist": fashion_mnist.load,
    "cifar10": cifar10.load,
    cifar10_subset.NAME: cifar10_subset.load,
    "svhn": svhn.load,
    svhn_numbers.NAME: svhn_numbers.load,
    "numbers": numbers.load,
    "sweeps": sweeps.load,
    "hums": hums.load,
    "diabetes": diabetes.load,
    california_housing.NAME: california_housing.load,
    imagefolder.NAME: imagefolder.load,
    "npz": arrays.load_npz,
    "npy": arrays.load_npy,
    random_frames.NAME: random_frames.load,
}
"""The loader of each dataset by its name."""

OWN = (imagefolder.NAME, "npz", "npy", random_frames.NAME)
"""Datasets that are a user's own data, or made for their file."""


def names() -> tuple[str, ...]:
    """Return the names that :func:`load` accepts."""
    return tuple(LOADERS)


def own_digests(path: Path) -> dict[str, str]:
    """Return the SHA-256 of a user's own data, a file or a folder, under ``data``.

    Raises:
        DataError: they are missing or cannot be read.
    """
    with reading(f"data {path}", "a file or folder", DataError):
        if not is_folder(path):
            return {"data": sha256_file(path)}
        return {"data": sha256_json([(name, sha256_file(file)) for name, file in files_below(path)])}


def load(
    name: str,
    data_dir: Path | None = None,
    seed: int = 0,
    progress: Progress = silent,
    own: OwnData | None = None,
) -> Dataset:
    """Load a dataset and split it.

    Args:
        name: one of :func:`names`.
        data_dir: folder that holds ``<name>/``; by default ``OFFRAMP_DATA_DIR``, else the user's cache.
            Missing files are downloaded into the cache only.
        seed: seed of the train/validation/calibration split; the test split never depends on it, unless it is
            made by the split as well.
        progress: callback for the bytes of every file that is downloaded.
        own: where a user's own data are, and how they are read.

    Raises:
        UnknownName: no such dataset.
        BadOption: the seed is negative.
        DataError: a file is missing, damaged, truncated or not the official one, or a download failed.
    """
    if seed < 0:
        raise BadOption("the split seed", expected="0 or more", found=seed)
    if name not in LOADERS:
        raise UnknownName.among("dataset", name, names())
    cache = settings().cache_dir / "data"
    folder = Path(data_dir) if data_dir is not None else settings().data_dir
    return LOADERS[name](Request(folder / name, folder == cache, seed, progress, own or OwnData()))
