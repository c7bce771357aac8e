"""Datasets as uint8 NCHW arrays, split by seed into train, validation, calibration and test."""

from __future__ import annotations

from pathlib import Path

from toolkit.core.env import settings
from toolkit.core.errors import BadOption, UnknownName
from toolkit.core.progress import Progress, silent
from toolkit.data import digits, mnist
from toolkit.data.dataset import Dataset, DatasetInfo, Split

__all__ = ["Dataset", "DatasetInfo", "Split", "load", "names"]

_WITHOUT_FILES = {"digits": digits.load}
_WITH_FILES = {"mnist": mnist.load}


def names() -> tuple[str, ...]:
    """Return the names that :func:`load` accepts."""
    return (*_WITHOUT_FILES, *_WITH_FILES)


def load(name: str, data_dir: Path | None = None, seed: int = 0, progress: Progress = silent) -> Dataset:
    """Load a dataset and split it.

    Args:
        name: one of :func:`names`.
        data_dir: folder that holds ``<name>/``; by default ``OFFRAMP_DATA_DIR``, else the user's cache.
            Missing files are downloaded into the cache only.
        seed: seed of the train/validation/calibration split; the test split never depends on it.
        progress: callback for the bytes of every file that is downloaded.

    Raises:
        UnknownName: no such dataset.
        BadOption: the seed is negative.
        DataError: a file is missing, damaged, truncated or not the official one, or a download failed.
    """
    if seed < 0:
        raise BadOption("the split seed", expected="0 or more", found=seed)
    if name in _WITHOUT_FILES:
        return _WITHOUT_FILES[name](seed)
    if name in _WITH_FILES:
        own = settings().cache_dir / "data"
        folder = Path(data_dir) if data_dir is not None else settings().data_dir
        return _WITH_FILES[name](folder / name, folder == own, seed, progress)
    raise UnknownName.among("dataset", name, names())
