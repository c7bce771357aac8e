"""One process at a time in a run directory."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from toolkit.core.errors import RunBusy


@contextlib.contextmanager
def exclusive(file: Path, what: str) -> Iterator[None]:
    """Hold ``file`` locked. The kernel lets go when the process ends, however it ends.

    Raises:
        RunBusy: another process holds it; the message says which.
    """
    # Not "w": the holder's number must survive an attempt that is refused.
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o644), "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = lock.read().strip() or "another process"
            fix = "Wait until it has ended, or choose another --out."
            raise RunBusy(f"{what} is in use by {holder}", fix=fix) from None
        lock.seek(0)
        lock.truncate()
        lock.write(f"process {os.getpid()} ({Path(sys.argv[0]).name})\n")
        lock.flush()
        yield
