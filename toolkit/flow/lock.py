"""A lock that keeps a run directory to one process at a time."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from toolkit.core.errors import RunBusy


@contextlib.contextmanager
def exclusive(file: Path, what: str) -> Iterator[None]:
    """Hold a lock on ``file``; the operating system releases it even if the process is killed.

    Args:
        file: path of the lock file.
        what: description of what is locked, for the message.

    Raises:
        RunBusy: another process holds the lock; the message names it.
    """
    # The holder's name needs a second file: filelock may truncate the one it locks, even if it fails to.
    holder = file.with_name(f"{file.name}.holder")
    try:
        lock = FileLock(file).acquire(timeout=0)
    except Timeout:
        name = "another process"
        with contextlib.suppress(OSError):  # not written yet, or gone again
            name = holder.read_text(errors="replace").strip() or name
        fix = "Wait until it has ended, or choose another --out."
        raise RunBusy(f"{what} is in use by {name}", fix=fix) from None
    with lock:
        holder.write_text(f"process {os.getpid()} ({Path(sys.argv[0]).name})\n")
        yield
