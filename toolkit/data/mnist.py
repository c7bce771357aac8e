"""``mnist``: the four official idx files, read from a folder or downloaded into the user's cache."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pooch

from toolkit.core.errors import DataError
from toolkit.core.paths import is_folder
from toolkit.core.progress import Progress, silent
from toolkit.data.dataset import Dataset, Split
from toolkit.data.idx import IdxFile, read
from toolkit.data.split import stratified

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
FILES = (
    IdxFile(
        "train-images-idx3-ubyte.gz",
        (60000, 28, 28),
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    IdxFile(
        "train-labels-idx1-ubyte.gz",
        (60000,),
        "d53e105ee54ea40749a09fcbcd1e9432",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        limit=10,
    ),
    IdxFile(
        "t10k-images-idx3-ubyte.gz",
        (10000, 28, 28),
        "9fb629c4189551a2d022fa330f9573f3",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    IdxFile(
        "t10k-labels-idx1-ubyte.gz",
        (10000,),
        "ec29112dd5afa0611ce80d1b7f02629c",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        limit=10,
    ),
)
_HELD_OUT = 12  # 1/12 of the training images each for validation and calibration: 5,000 of 60,000


def load(folder: Path, fetch: bool, seed: int, progress: Progress = silent) -> Dataset:
    """Load MNIST: 50,000 / 5,000 / 5,000 training, validation and calibration images, official test set.

    Args:
        folder: folder with the four files.
        fetch: whether to download missing or damaged files.
        seed: seed of the split.
        progress: callback, as in :func:`toolkit.data.load`.

    Raises:
        DataError: a file is missing or not the official one, or a download failed.
    """
    if fetch:
        download(folder, progress)
    return assemble(folder, FILES, seed)


def assemble(folder: Path, files: Sequence[IdxFile], seed: int) -> Dataset:
    """Read ``files`` (training images and labels, test images and labels) and split them.

    Raises:
        DataError: as :func:`toolkit.data.idx.read`, for the first bad file.
    """
    if not is_folder(folder):
        expected = f"a folder with {', '.join(file.name for file in files)}"
        fix = "Give the folder that holds it, or none to have the files downloaded."
        raise DataError(f"data folder {folder} does not exist", expected=expected, fix=fix)
    train_images, train_labels, test_images, test_labels = (read(folder / file.name, file) for file in files)
    images, labels = train_images[:, np.newaxis], train_labels.astype(np.int64)
    held_out = len(labels) // _HELD_OUT
    parts = stratified(labels, (len(labels) - 2 * held_out, held_out, held_out), seed)
    train, validation, calibration = (Split(images[part], labels[part]) for part in parts)
    test = Split(test_images[:, np.newaxis].copy(), test_labels.astype(np.int64))
    return Dataset("mnist", tuple("0123456789"), train, validation, calibration, test)


def download(
    folder: Path,
    progress: Progress = silent,
    files: Sequence[IdxFile] = FILES,
    mirrors: Sequence[str] = MIRRORS,
) -> None:
    """Download the files that ``folder`` lacks and check the MD5 of all.

    Mirrors are tried in turn. A file with the right hash is not downloaded again; one with a wrong hash is
    replaced.

    Raises:
        DataError: no mirror served a file with the right hash.
    """
    for file in files:
        _fetch(file, folder, mirrors, progress)


def _fetch(file: IdxFile, folder: Path, mirrors: Sequence[str], progress: Progress) -> None:
    failures = []
    pooch.get_logger().setLevel("WARNING")  # or it would announce downloads on stderr besides `progress`
    for mirror in mirrors:
        downloader = pooch.HTTPDownloader(progressbar=_Bar(file.name, progress), timeout=30)
        try:
            pooch.retrieve(mirror + file.name, f"md5:{file.md5}", file.name, folder, downloader=downloader)
            return
        except (OSError, ValueError) as cause:  # requests' errors are OSErrors; ValueError is a wrong hash
            failures.append(f"{mirror}: {str(cause).splitlines()[0]}")
    raise DataError(
        f"{file.name} could not be downloaded",
        expected=f"MD5 {file.md5} from one of {len(mirrors)} mirrors",
        found=" | ".join(failures),
        fix="Check the connection, or put the four official files into DATA_DIR/mnist and name DATA_DIR.",
    )


class _Bar:
    """Adapter from pooch's progress-bar protocol (tqdm's) to a progress callback."""

    def __init__(self, name: str, report: Progress) -> None:
        self._name, self._report = name, report
        self._done, self.total = 0, 0

    def update(self, amount: int) -> None:
        self._done = min(self._done + amount, self.total)  # pooch counts whole chunks
        self._report(self._name, self._done, self.total)

    def reset(self) -> None:  # pooch resets, then reports the whole size once more
        self._done = 0

    def close(self) -> None:
        pass
