"""Downloads official files into the user's cache, each checked against its published MD5 or SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pooch

from toolkit.core.errors import DataError
from toolkit.core.paths import is_folder
from toolkit.core.progress import Progress, silent
from toolkit.core.reading import reading


class Published(Protocol):
    """A file with a name and a published hash."""

    @property
    def name(self) -> str:
        """Name of the file."""

    @property
    def digest(self) -> str:
        """MD5 or SHA-256 of its bytes, hex."""


def download(
    folder: Path, files: Sequence[Published], mirrors: Sequence[str], progress: Progress = silent
) -> None:
    """Download the files that ``folder`` lacks and check the hash of all.

    Mirrors are tried in turn. A file with the right hash is not downloaded again; one with a wrong hash is
    replaced.

    Args:
        folder: folder of the dataset, named after it.
        files: the files.
        mirrors: addresses; a file's name is added to one that ends in ``/``.
        progress: callback for the bytes of every file.

    Raises:
        DataError: no mirror served a file with the right hash.
    """
    for file in files:
        _fetch(file, folder, mirrors, progress)


def require_official(path: Path, digest: str) -> None:
    """Check the hash of a file, MD5 or SHA-256, hex.

    Raises:
        DataError: it is missing, cannot be read or is not the official one.
    """
    fix = "Get the official file again, or leave the data folder out to have it downloaded."
    kind = _kind(digest)
    with reading(f"data file {path}", "a file", DataError, fix), path.open("rb") as opened:
        found = hashlib.file_digest(opened, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()
    if found != digest:
        what = f"data file {path} is not the official file"
        raise DataError(what, expected=_named(digest), found=found, fix=fix)


def require_folder(folder: Path, names: Sequence[str]) -> None:
    """Check that the folder of a dataset exists; ``names`` are the files that it should hold.

    Raises:
        DataError: it does not.
    """
    if not is_folder(folder):
        expected = f"a folder with {', '.join(names)}"
        fix = "Give the folder that holds it, or none to have the files downloaded."
        raise DataError(f"data folder {folder} does not exist", expected=expected, fix=fix)


def _kind(digest: str) -> str:
    """Return the name of a hash's algorithm, which its length tells."""
    return {32: "md5", 64: "sha256"}[len(digest)]


def _named(digest: str) -> str:
    return f"{_kind(digest).upper()} {digest}"


def _fetch(file: Published, folder: Path, mirrors: Sequence[str], progress: Progress) -> None:
    failures = []
    pooch.get_logger().setLevel("WARNING")  # or it would announce downloads on stderr besides `progress`
    for mirror in mirrors:
        downloader = pooch.HTTPDownloader(progressbar=_Bar(file.name, progress), timeout=30)
        try:
            address = mirror + file.name if mirror.endswith("/") else mirror
            known = f"{_kind(file.digest)}:{file.digest}"
            pooch.retrieve(address, known, file.name, folder, downloader=downloader)
            return
        except (OSError, ValueError) as cause:  # requests' errors are OSErrors; ValueError is a wrong hash
            failures.append(f"{mirror}: {str(cause).splitlines()[0]}")
    raise DataError(
        f"{file.name} could not be downloaded",
        expected=f"{_named(file.digest)} from one of {len(mirrors)} mirrors",
        found=" | ".join(failures),
        fix=f"Check the connection, or put the official files into DATA_DIR/{folder.name} and name DATA_DIR.",
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
