"""The most memory that work takes, with all programs that it starts."""

from __future__ import annotations

import contextlib
import threading
from types import TracebackType
from typing import Self

_INTERVAL_S = 0.1


class PeakMemory:
    """Watches resident memory, of this process and of all that descend from it, while its block runs.

    Ten samples a second; what is taken and given back between two of them is not seen. Pages that processes
    share count in each.

    Attributes:
        bytes: largest sum of a sample.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak memory", daemon=True)

    def __enter__(self) -> Self:
        self.bytes = resident_bytes()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self._sample()

    def _watch(self) -> None:
        while not self._done.wait(_INTERVAL_S):
            self._sample()

    def _sample(self) -> None:
        self.bytes = max(self.bytes, resident_bytes())


def resident_bytes() -> int:
    """Return the resident memory of this process and of all that descend from it."""
    import psutil

    total, own = 0, psutil.Process()
    with contextlib.suppress(psutil.Error):  # one may end at any time
        for process in (own, *own.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
    return total
