"""Paths that results are written to: looked at before any work, since an hour later is too late."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from toolkit.core.artifact import replaced
from toolkit.core.errors import DiskFull, OutputPathError
from toolkit.core.paths import exists, is_file, is_folder

FULL = (errno.ENOSPC, errno.EDQUOT)
DEEPEST = Path("x" * 255, "x" * 100)
"""Longest path of a file below a folder of results."""
_FIX = "Choose another --out."


def require_folder(path: Path) -> None:
    """Check that files can be made in the folder ``path``, or that it can be made; nothing stays behind.

    Raises:
        OutputPathError: it is a file, a link to nothing, too long a name, or cannot be written; or its name
            has a quote or a control character, which Verilator does not find again.
    """
    if wrong := [c for c in str(path.absolute()) if c == '"' or unicodedata.category(c) == "Cc"]:
        expected = "no double quotes, line breaks or other control characters in it"
        raise OutputPathError(f"output path {path}", expected=expected, found=ascii(wrong[0]), fix=_FIX)
    with writing(path):
        if exists(path) and not is_folder(path):
            path.stat()  # a link to nothing or in a circle
            raise OutputPathError(f"output path {path}", expected="a folder", found="a file", fix=_FIX)
        probe(path)


def require_file(path: Path, option: str) -> None:
    """Check that the file ``path`` can be made or replaced, in a folder that exists; nothing stays behind.

    Raises:
        OutputPathError: it is a folder or a device, its folder does not exist or cannot be written.
    """
    with writing(path, option):
        if exists(path) and not is_file(path):
            path.stat()
            found = "a folder" if is_folder(path) else "something else"
            raise OutputPathError(
                f"output path {path}", expected="a file", found=found, fix=f"Choose another {option}."
            )
        with contextlib.suppress(FileNotFoundError):
            os.lstat(path)
        probe(path.parent, may_be_made=False)


def probe(folder: Path, may_be_made: bool = True) -> None:
    """Make and remove a folder in ``folder``, or in the nearest folder above it that exists.

    Raises:
        OSError: it cannot be made, or files below ``folder`` would have names too long for the system.
    """
    if may_be_made:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.lstat(folder.absolute() / DEEPEST)
        while not exists(folder) and folder != folder.parent:
            folder = folder.parent
    trial = folder / f".offramp-{os.getpid()}"
    trial.mkdir()
    trial.rmdir()


def keep_file(made: Path, path: Path) -> None:
    """Copy a file that a program has written to where the user wants it, whole or not at all.

    Raises:
        OutputPathError: the program has written nothing, or ``path`` cannot be written.
    """
    if not is_file(made) or not made.stat().st_size:
        raise OutputPathError(f"output path {path}", expected="a file with contents", found="nothing written")
    with writing(path, "file"), replaced(path.resolve()) as temporary:  # a link is kept
        shutil.copyfile(made, temporary)


@contextlib.contextmanager
def writing(path: Path, option: str = "--out") -> Iterator[None]:
    """Turn an error of the system inside the block into one that names ``path``.

    Raises:
        OutputPathError: the path cannot be used, or its disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise disk_full(path) from error
        fix = f"Choose another {option}."
        raise OutputPathError(f"output path {path} cannot be used", found=error.strerror, fix=fix) from error


def disk_full(path: Path) -> DiskFull:
    """Return the error for a full disk."""
    return DiskFull(
        f"the disk of {path} is full",
        found=f"{free_bytes(path) // 2**20} MiB free",
        fix="Free some space and start the same command again: finished steps are kept.",
    )


def free_bytes(path: Path) -> int:
    """Return the free space of the disk that ``path`` lies on, or would lie on."""
    while not exists(path) and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free
