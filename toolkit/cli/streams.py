"""Standard output and standard error of the command line, whatever they are connected to.

A service may start a command without them, the disk behind them may be full, their reader may have gone, and
their encoding may lack a character. The answer stands on standard output: that it cannot be written is an
error. Progress stands on standard error: that it cannot be written is none.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import Any, TextIO

from toolkit.core.errors import OutputPathError


def take_over() -> None:
    """Replace ``sys.stdout`` and ``sys.stderr`` by streams on descriptors 1 and 2 that stand all this."""
    for descriptor in (0, 1, 2):
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            continue
        # Else the next file that is opened would get the number, and what is printed.
        os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdout = _stream(sys.stdout, _Answer(1, "w", closefd=False))
    sys.stderr = _stream(sys.stderr, _Lossy(2, "w", closefd=False))


def _stream(old: TextIO | None, raw: io.FileIO) -> TextIO:
    """Wrap ``raw`` as Python did; characters that the encoding lacks are written as escapes."""
    if old is not None:
        old.flush()
    encoding = "utf-8" if old is None else old.encoding
    lines = raw.isatty() or raw.fileno() == 2
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=encoding, errors="backslashreplace", line_buffering=lines
    )


class _Lossy(io.FileIO):
    """A file that takes what is written to it after an error and drops it, as standard error does."""

    broken = False

    def write(self, data: Any) -> int:
        if not self.broken:
            try:
                return super().write(data)
            except OSError as error:
                self.broken = True
                self.refuse(error)
        return memoryview(data).nbytes

    def refuse(self, error: OSError) -> None:
        """Say that something could not be written."""


class _Answer(_Lossy):
    """Standard output."""

    def refuse(self, error: OSError) -> None:
        raise OutputPathError("standard output cannot be written", found=error.strerror) from error
