"""A cache of results shared by runs, and the one place that makes temporary folders, in the same folder.

Each entry is named by the digest of everything that decides it.

An entry is made under a temporary name and renamed when it is complete, so an entry that exists is finished.
A lock per entry makes a second process wait for the first one's result and then use it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from toolkit.core.env import settings
from toolkit.core.errors import OutputPathError
from toolkit.core.outputs import FULL, disk_full, probe
from toolkit.core.paths import is_folder


class Store:
    """A store on disk: the entry ``folder/KIND/KEY`` is a folder with the files of one result.

    Args:
        folder: root of the store; None: Offramp's cache folder, ``OFFRAMP_CACHE_DIR``.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or settings().cache_dir

    def require(self) -> None:
        """Check that the store can be written, or made; nothing stays behind.

        Raises:
            OutputPathError: it cannot.
        """
        with self._writable():
            probe(self.folder)

    def get(self, kind: str, key: str, make: Callable[[Path], object]) -> Path:
        """Return the folder of an entry, made by ``make(folder)`` if it does not exist yet.

        Args:
            kind: kind of result, such as ``simulators``.
            key: digest of everything that decides the result.
            make: function that writes the files; it may get entries of other keys itself.

        Raises:
            OutputPathError: the store cannot be written, or its disk is full.
            Exception: whatever ``make`` raises; no partial entry remains.
        """
        final = self.folder / kind / key
        if not is_folder(final):
            with self._writable():
                final.parent.mkdir(parents=True, exist_ok=True)
                lock = _lock(final).acquire()
            with lock:
                if not is_folder(final):
                    self._make(final, make)
        with contextlib.suppress(OSError):  # another process may trim it, or a read-only store is shared
            os.utime(final)
        return final

    def trim(self, kind: str, most_bytes: int) -> None:
        """Remove the least recently used entries of a kind until the others take at most ``most_bytes``.

        A process that reads an entry while another removes it must be ready to make the result again.
        """
        entries = [path for path in (self.folder / kind).glob("*") if is_folder(path) and not path.suffix]
        size = {path: sum(file.stat().st_size for file in path.rglob("*")) for path in entries}
        total = sum(size.values())
        for path in sorted(entries, key=lambda path: path.stat().st_mtime):
            if total <= most_bytes:
                return
            total -= size[path]
            with contextlib.suppress(Timeout, OSError), _lock(path).acquire(timeout=0):
                # Renamed first, so that no process finds a half-removed entry.
                shutil.rmtree(path.rename(path.with_name(f"{path.name}.part-old")))
                path.with_name(f"{path.name}.lock").unlink()

    def _make(self, final: Path, make: Callable[[Path], object]) -> None:
        self._clear(final)
        with self._writable():
            part = Path(tempfile.mkdtemp(prefix=f"{final.name}.part-", dir=final.parent))
        try:
            make(part)
            part.chmod(0o755)  # mkdtemp makes a folder that only its owner can read
            part.replace(final)
        except OSError as problem:
            if problem.errno in FULL:
                raise disk_full(self.folder) from problem
            raise
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _clear(self, final: Path) -> None:
        """Remove the partial entries of killed processes, whose locks are free; we hold that of ``final``."""
        for part in final.parent.glob("*.part-*"):
            entry = part.with_name(part.name.rpartition(".part-")[0])
            with contextlib.suppress(Timeout, OSError), contextlib.ExitStack() as held:
                if entry != final:
                    held.enter_context(_lock(entry).acquire(timeout=0))
                shutil.rmtree(part, ignore_errors=True)

    @contextlib.contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            if problem.errno in FULL:
                raise disk_full(self.folder) from problem
            raise OutputPathError(
                f"cache folder {self.folder}",
                expected="a folder that can be written",
                found=problem.strerror,
                fix="Name another one in OFFRAMP_CACHE_DIR.",
            ) from problem


def _lock(entry: Path) -> FileLock:
    """Return the lock of an entry; the operating system releases it even if the process is killed."""
    return FileLock(entry.with_name(f"{entry.name}.lock"))


@contextlib.contextmanager
def scratch(name: str) -> Iterator[Path]:
    """Give a temporary folder in the cache folder; also removes those that killed processes left behind.

    Args:
        name: prefix of the folder's name.

    Raises:
        OutputPathError: the cache folder cannot be written.
    """
    store = Store()
    root = store.folder / "scratch"
    with store._writable():
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / ".lock"):  # or another process could clear a folder before it is locked
            _clear(root)
            folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=root))
            lock = _lock(folder).acquire()
    with lock:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            Path(f"{folder}.lock").unlink(missing_ok=True)


def _clear(root: Path) -> None:
    """Remove the folders whose lock no process holds."""
    for file in root.glob("*.lock"):
        if file.name != ".lock":
            # Another user's folder, or one that another process clears as well, stays.
            with contextlib.suppress(Timeout, OSError), FileLock(file).acquire(timeout=0):
                shutil.rmtree(file.with_suffix(""), ignore_errors=True)
                file.unlink(missing_ok=True)
