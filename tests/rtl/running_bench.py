"""A bench that was compiled to a program, told what to do on its standard input."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self


class RunningBench:
    """A running simulation with ``mutant`` as a fault of it, for use in a ``with`` block."""

    def __init__(self, program: Path, mutant: int) -> None:
        self._process = subprocess.Popen(
            [program, f"+mutant={mutant}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._process.kill()
            self._process.communicate()
            return
        self._process.communicate(timeout=60)
        assert self._process.returncode == 0
