"""``svhn``: Street View House Numbers, cropped digits (Netzer and others 2011), official .mat files.

``X`` holds the pictures, uint8 [32, 32, 3, N], ``y`` their labels 1 to 10, of which 10 is the digit 0.
Source: http://ufldl.stanford.edu/housenumbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.core.errors import DataError
from toolkit.core.reading import reading
from toolkit.data.dataset import Dataset, Split
from toolkit.data.fetch import download, require_folder, require_official
from toolkit.data.request import Request
from toolkit.data.split import held_out

MIRRORS = ("http://ufldl.stanford.edu/housenumbers/",)
_SHARE = 10


@dataclass(frozen=True)
class MatFile:
    """An official file.

    Attributes:
        name: file name.
        digest: MD5 of the file.
        count: number of pictures.
    """

    name: str
    digest: str
    count: int


FILES = (
    MatFile("train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373", 73257),
    MatFile("test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3", 26032),
)


def load(request: Request) -> Dataset:
    """Load SVHN: 58,607 / 7,325 / 7,325 images of the training file, official test file.

    Raises:
        DataError: a file is missing, damaged or not the official one, or a download failed.
    """
    if request.fetch:
        download(request.folder, FILES, MIRRORS, request.progress)
    return assemble(request.folder, FILES, request.seed)


def assemble(folder: Path, files: Sequence[MatFile], seed: int) -> Dataset:
    """Read ``files`` (training, test) and split the first.

    Raises:
        DataError: as :func:`read`, for the first bad file.
    """
    require_folder(folder, [file.name for file in files])
    whole, test = (read(folder / file.name, file) for file in files)
    return Dataset("svhn", tuple("0123456789"), *held_out(whole, _SHARE, seed), test)


def read(path: Path, want: MatFile) -> Split:
    """Read one file.

    Raises:
        DataError: it is missing, damaged or not the official one.
    """
    require_official(path, want.digest)
    return decode(path, want.count)


def decode(path: Path, count: int) -> Split:
    """Read ``count`` pictures and labels from a file, official or not.

    Raises:
        DataError: the file is missing or damaged, or holds something else.
    """
    from scipy.io import loadmat  # importing it takes long

    what = f"data file {path}"
    with reading(what, "a MATLAB file with X and y", DataError):
        content = loadmat(path, variable_names=("X", "y"), appendmat=False)
        images, labels = np.asarray(content["X"]), np.asarray(content["y"]).reshape(-1)
        if images.dtype != np.uint8 or images.shape != (32, 32, 3, count):
            raise ValueError(f"X {images.dtype} {list(images.shape)} instead of uint8 [32, 32, 3, {count}]")
        if labels.dtype.kind not in "iu" or len(labels) != count or labels.min() < 1 or labels.max() > 10:
            raise ValueError(f"y {labels.dtype} {list(labels.shape)} instead of {count} labels 1 to 10")
    return Split(np.ascontiguousarray(images.transpose(3, 2, 0, 1)), labels.astype(np.int64) % 10)
