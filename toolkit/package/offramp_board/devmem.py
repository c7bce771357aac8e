"""Physical memory of this machine, such as a port of its processor to the logic on the same chip."""

from __future__ import annotations

import fcntl
import mmap
import os

import numpy as np

from .board import BoardError


class DevMem:
    """Words of physical memory. Each is one access: the logic gets neither parts of them nor pairs.

    Args:
        address: byte address, a multiple of a page.
        span: number of bytes.
        path: file that stands for the memory.

    Raises:
        BoardError: it cannot be opened, or another program has it.
    """

    def __init__(self, address: int, span: int, path: str = "/dev/mem") -> None:
        try:
            file = os.open(path, os.O_RDWR | os.O_SYNC)  # not through the processor's cache
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until the mapping is closed
                self._map = mmap.mmap(file, span, offset=address)
            finally:
                os.close(file)
        except FileNotFoundError as problem:
            raise BoardError(f"{path} is missing: run this on the board itself") from problem
        except PermissionError as problem:
            raise BoardError(f"{path}: {problem.strerror}. Run this as root.") from problem
        except BlockingIOError as problem:
            raise BoardError(f"{path}: another program is using the board. End it.") from problem
        except (OSError, ValueError, OverflowError) as problem:
            raise BoardError(f"{path} at {address:#x}: {problem}") from problem
        self._words = np.frombuffer(self._map, "<u4")

    def read(self, offset: int, words: int) -> np.ndarray:
        """Read words, uint32 [words], from a byte offset on."""
        # Copies of slices take whatever width is fast; a list is made word by word.
        return np.array(self._words[offset // 4 :][:words].tolist(), "<u4")

    def write(self, offset: int, words: np.ndarray) -> None:
        """Write words, uint32 [words], from a byte offset on."""
        for at, word in enumerate(words, offset // 4):
            self._words[at] = word

    def close(self) -> None:
        """Let go of it."""
        self._words = np.zeros(0, "<u4")
        self._map.close()
