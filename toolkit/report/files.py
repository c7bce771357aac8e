"""Reading what stages left; whatever is wrong with a file is an error that names it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from toolkit.core.errors import ArtifactError

Ints = NDArray[np.int64]


def arrays(path: Path) -> dict[str, Ints]:
    """The arrays of an ``.npz`` file, as int64.

    Raises:
        ArtifactError: missing or damaged.
    """
    try:
        with np.load(path) as found:
            return {name: found[name].astype(np.int64) for name in found.files}
    except (OSError, ValueError, BadZipFile) as error:
        raise ArtifactError(f"{path} cannot be read", expected="arrays", found=str(error)) from error


def keys(value: Mapping[str, Any], path: Path, *names: str) -> tuple[Any, ...]:
    """The values of these keys.

    Raises:
        ArtifactError: naming the first that is not there.
    """
    for name in names:
        if name not in value:
            raise ArtifactError(f"{path} is damaged", expected=f"a key '{name}'", found=", ".join(value))
    return tuple(value[name] for name in names)
