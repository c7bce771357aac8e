"""Memory of a chip's own processor: on the board itself, or of a simulated board."""

from __future__ import annotations

import abc
import contextlib
import fcntl
import mmap
import os
import select
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import BadOption
from toolkit.links.mmio.registers import SPAN

Words = npt.NDArray[np.uint32]
DEVICE = Path("/dev/mem")
TERMINALS = "/dev/pts/"
"""Folder of the terminals of simulated boards. Nothing else is opened: an access would be written into it."""
_ANSWER_S = 600.0
"""Seconds in which a simulated processor does an access."""


class ProcessorMemory(abc.ABC):
    """The addresses of the link, in words of 32 bits. Failures are ``OSError``."""

    @abc.abstractmethod
    def read(self, offset: int, words: int) -> Words:
        """Read words from a byte offset on."""

    @abc.abstractmethod
    def write(self, offset: int, words: Words) -> None:
        """Write words from a byte offset on."""

    @abc.abstractmethod
    def close(self) -> None:
        """Let go of it."""


class PhysicalMemory(ProcessorMemory):
    """Addresses of this machine's processor, taken by one program at a time.

    They are read and written word by word: a copy of an array may use other widths, which the link has not.

    Args:
        base: physical address of the link.
        device: file of physical memory.

    Raises:
        OSError: the file cannot be opened or mapped, or another program has it.
    """

    def __init__(self, base: int, device: Path = DEVICE) -> None:
        file = os.open(device, os.O_RDWR | os.O_SYNC)  # O_SYNC: no cache between processor and link
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until the mapping is closed
            self._map = mmap.mmap(file, SPAN, offset=base)
        finally:
            os.close(file)
        self._words = np.frombuffer(self._map, np.uint32)

    def read(self, offset: int, words: int) -> Words:
        """See :meth:`ProcessorMemory.read`."""
        first = offset // 4
        return np.array([self._words[i] for i in range(first, first + words)], np.uint32)

    def write(self, offset: int, words: Words) -> None:
        """See :meth:`ProcessorMemory.write`."""
        for i, word in enumerate(words, offset // 4):
            self._words[i] = word

    def close(self) -> None:
        """See :meth:`ProcessorMemory.close`."""
        del self._words  # the map cannot be closed while an array shows it
        self._map.close()


class SimulatedMemory(ProcessorMemory):
    """The addresses of a simulated board's processor; accesses go over a terminal, see ``engine/memory.cpp``.

    Args:
        path: path of the terminal.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        try:
            self._drop_answers()
        except BaseException:
            self.close()
            raise

    def read(self, offset: int, words: int) -> Words:
        """See :meth:`ProcessorMemory.read`."""
        self._send(b"r", offset, words)
        return np.frombuffer(self._taken(4 * words), "<u4")

    def write(self, offset: int, words: Words) -> None:
        """See :meth:`ProcessorMemory.write`."""
        self._send(b"w", offset, len(words), words.astype("<u4").tobytes())
        if (said := self._taken(1)) != b"w":
            raise OSError(f"the simulated processor answers {said!r} to a write")

    def close(self) -> None:
        """See :meth:`ProcessorMemory.close`."""
        os.close(self._file)

    def _drop_answers(self) -> None:
        """Drop the answers to accesses of a program that was interrupted before it had them."""
        echo, found = b"e" + os.urandom(8), b""
        self._put(echo)
        while not found.endswith(echo):
            found += self._taken(1)

    def _send(self, kind: bytes, offset: int, words: int, data: bytes = b"") -> None:
        self._put(struct.pack("<cII", kind, offset, words) + data)

    def _put(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._file, data) :]

    def _taken(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            if not select.select([self._file], [], [], _ANSWER_S)[0]:
                raise OSError(f"the simulated processor has done nothing for {_ANSWER_S:g} s")
            if not (more := os.read(self._file, count - len(found))):
                raise OSError("the simulation has ended")
            found += more
        return found


def open_memory(address: str) -> ProcessorMemory:
    """Open the memory at a physical address such as ``0x40000000``, or at the terminal of a simulated board.

    Raises:
        BadOption: the address is neither a number of whole pages nor such a terminal.
        OSError: the memory cannot be opened.
    """
    if address.startswith(TERMINALS):
        return SimulatedMemory(address)
    base = -1
    with contextlib.suppress(ValueError):
        base = int(address, 0)
    if not 0 <= base < 1 << 63 or base % mmap.PAGESIZE:
        expected = f"a physical address in whole pages of {mmap.PAGESIZE} bytes, such as 0x40000000"
        raise BadOption("--device mmio:ADDRESS", expected=expected, found=address)
    return PhysicalMemory(base)
