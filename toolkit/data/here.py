"""The data of a piece of work, loaded where it is made: data do not travel with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from toolkit.core.errors import DataError
from toolkit.data import Dataset, OwnData, load


@lru_cache(maxsize=1)
def _dataset(
    name: str,
    data_dir: str | None,
    data_path: str | None,
    size: tuple[int, int] | None,
    colour: Any,
    seed: int,
) -> Dataset:
    own = OwnData(None if data_path is None else Path(data_path), size, colour)
    return load(name, None if data_dir is None else Path(data_dir), seed, own=own)


def dataset_here(
    digest: str,
    *,
    name: str,
    seed: int,
    data_dir: str | None = None,
    data_path: str | None = None,
    size: Sequence[int] | None = None,
    colour: str | None = None,
) -> Dataset:
    """Load the data that a piece of work is about, where this process runs; arguments are those of loading.

    Args:
        digest: digest that they must have.

    Raises:
        DataError: they are missing here, or others.
    """
    shape = None if size is None else (size[0], size[1])
    found = _dataset(name, data_dir, data_path, shape, colour, seed)
    if found.digest != digest:
        fix = "Give this machine the same files (OFFRAMP_DATA_DIR)."
        raise DataError(f"dataset {name} of this worker", expected=digest, found=found.digest, fix=fix)
    return found
