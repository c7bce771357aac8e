"""Pieces for the tests, in a module that worker processes import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from toolkit.core.errors import FoldingUnreachable


def square(folder: Path, number: int, log: str = "") -> None:
    (folder / "square.txt").write_text(f"{number * number}\n")
    (folder / "below").mkdir()
    (folder / "below/number.bin").write_bytes(bytes([number]))
    if log:
        with Path(log).open("a") as file:
            file.write(f"{number}\n")


def copy(folder: Path, name: str, source: Path) -> None:
    (folder / name).write_bytes(source.read_bytes())


def killed_once(folder: Path, number: int, mark: str) -> None:
    """Kill the worker while ``mark`` exists, which no piece before has removed."""
    if number == 2 and Path(mark).exists():
        Path(mark).unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    square(folder, number)


def killed(folder: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fails(folder: Path, number: int, wait_s: float = 0) -> None:
    if number % 2:
        time.sleep(wait_s)
        error = FoldingUnreachable(f"piece {number}", expected="even", found="odd", fix="Halve it.")
        error.best = number
        raise error
    square(folder, number)


def environment(folder: Path, number: int) -> None:
    (folder / "environment").write_text("\n".join(sorted(os.environ)))


def slow(folder: Path, number: int) -> None:
    if number:
        time.sleep(60)
    square(folder, number)
