"""One process at a time in a run directory."""

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
    """Hold ``file`` locked. The system lets go when the process ends, however it ends.

    Raises:
        RunBusy: another process holds it; the message names it.
    """
    # In a file of its own: filelock may empty the one it locks, even if the attempt is refused.
    holder = file.with_name(f"{file.name}.holder")
    try:
        lock = FileLock(file).acquire(timeout=0)
    except Timeout:
        name = holder.read_text().strip() if holder.is_file() else "another process"
        fix = "Wait until it has ended, or choose another --out."
        raise RunBusy(f"{what} is in use by {name}", fix=fix) from None
    with lock:
        holder.write_text(f"process {os.getpid()} ({Path(sys.argv[0]).name})\n")
        yield
