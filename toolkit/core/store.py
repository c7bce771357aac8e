"""A folder of finished builds, each named by the digest of what it was made from.

A build is made under another name and renamed when it is whole, so an entry that exists is finished. One lock
per entry makes a second process wait for the first one's build and then use it.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from toolkit.core.errors import OutputPathError


def entry(cache_dir: Path, digest: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of the entry ``digest``; if it is not there yet, ``make(folder)`` fills it.

    Raises:
        OutputPathError: the cache folder cannot be made or written.
        Exception: whatever ``make`` raises; nothing is left behind then.
    """
    final = cache_dir / digest
    if final.is_dir():
        return final
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with _locked(cache_dir / f"{digest}.lock"):
            if not final.is_dir():
                _make(final, make)
    except (FileExistsError, NotADirectoryError, PermissionError) as problem:
        raise OutputPathError(
            f"cache folder {cache_dir}", expected="a folder that can be written", found=problem.strerror
        ) from problem
    return final


def _make(final: Path, make: Callable[[Path], None]) -> None:
    for stale in final.parent.glob(f"{final.name}.part-*"):  # of a builder that was killed: we have the lock
        shutil.rmtree(stale, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=f"{final.name}.part-", dir=final.parent))
    try:
        make(part)
        part.chmod(0o755)  # mkdtemp's is private
        part.replace(final)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the system drops it when the process ends, however it ends
        yield
