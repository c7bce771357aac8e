"""A board whose own processor runs this program: packets go through two rings of words in its memory."""

from __future__ import annotations

import mmap
import time
from typing import Any, Protocol

import numpy as np

from .board import BoardError
from .contents import Package
from .devmem import DevMem
from .packets import SILENCE_S, WAIT_S, PacketLink


class Memory(Protocol):
    """What the rings lie in; see :class:`DevMem`."""

    def read(self, offset: int, words: int) -> np.ndarray:
        """Read words, uint32 [words], from a byte offset on."""

    def write(self, offset: int, words: np.ndarray) -> None:
        """Write words, uint32 [words], from a byte offset on."""

    def close(self) -> None:
        """Let go of it."""


class MmioLink(PacketLink):
    """Stages behind a port of this machine's processor.

    Args:
        package: package, which brings addresses and protocol.
        address: physical address of the port, such as ``0x40000000``.
        memory: memory there; None: opened.
        silence_s: see :class:`PacketLink`.

    Raises:
        BoardError: the memory cannot be opened, holds something else, or nothing answers.
    """

    def __init__(
        self, package: Package, address: str, memory: Memory | None = None, silence_s: float = SILENCE_S
    ) -> None:
        table = package.about["link"]["memory"]
        memory = memory or DevMem(_number(address), table["span"])
        try:
            port = Rings(memory, table, silence_s)
        except BaseException:
            memory.close()
            raise
        super().__init__(package, address, port, silence_s)


class Rings:
    """The rings as a port for packets. Each is a whole number of words: what one lacks is sent as zeros.

    Args:
        memory: memory with the rings.
        table: their constants, as in ``package.json``.
        patience_s: longest time without room, in seconds.

    Raises:
        BoardError: there are no rings, or those of another version.
    """

    def __init__(self, memory: Memory, table: Any, patience_s: float) -> None:
        self._memory, self._registers, self._patience_s = memory, table["registers"], patience_s
        self._size, self._window, self._positions = table["words"], table["window"], table["positions"]
        for name, expected in (("IDENTITY", table["identity"]), ("VERSION", table["table"])):
            found = self._get(name)
            if found != expected:
                said = f"{name.lower()} of the board's memory: expected {expected:#x}, found {found:#x}"
                raise BoardError(f"{said}. Is the bitstream of this package loaded, and is this its address?")
        self._emptied, self._filled = self._get("OUT_FILLED"), self._get("IN_FILLED")
        self._set("OUT_EMPTIED", self._emptied)  # drops what an earlier program left
        self._heard = bytearray()

    @property
    def in_waiting(self) -> int:
        """See :class:`Port`."""
        self._take_in()
        return len(self._heard)

    def read(self, size: int) -> bytes:
        """See :class:`Port`."""
        end = time.monotonic() + WAIT_S
        while self.in_waiting < size and time.monotonic() < end:
            pass
        found = bytes(self._heard[:size])
        del self._heard[:size]
        return found

    def write(self, data: bytes) -> None:
        """See :class:`Port`.

        Raises:
            OSError: there is no room for too long, or the positions make no sense.
        """
        words = np.frombuffer(data + bytes(-len(data) % 4), "<u4")
        end = time.monotonic() + self._patience_s
        while len(words):
            free = self._size - self._between(self._filled, self._get("IN_EMPTIED"))
            at = self._filled % self._size
            now, words = np.split(words, [min(free, self._size - at)])
            if len(now):
                self._memory.write(self._window + 4 * at, now)
                self._filled = (self._filled + len(now)) % self._positions
                self._set("IN_FILLED", self._filled)
                end = time.monotonic() + self._patience_s
            elif time.monotonic() > end:
                raise TimeoutError(f"it took nothing for {self._patience_s:g} s")
            self._take_in()  # it may be waiting for room itself

    def close(self) -> None:
        """See :class:`Port`."""
        self._memory.close()

    def _take_in(self) -> None:
        """Take all words that have come."""
        while True:
            waiting = self._between(self._get("OUT_FILLED"), self._emptied)
            if not waiting:
                return
            at = self._emptied % self._size
            words = self._memory.read(self._window + 4 * at, min(waiting, self._size - at))
            self._heard += words.tobytes()
            self._emptied = (self._emptied + len(words)) % self._positions
            self._set("OUT_EMPTIED", self._emptied)

    def _between(self, filled: int, emptied: int) -> int:
        """Return how many words of a ring are in use."""
        found = (filled - emptied) % self._positions
        if found > self._size:
            raise OSError("its positions have changed. Was its bitstream loaded again?")
        return found

    def _get(self, name: str) -> int:
        return int(self._memory.read(self._registers[name], 1)[0])

    def _set(self, name: str, value: int) -> None:
        self._memory.write(self._registers[name], np.array([value], "<u4"))


def _number(address: str) -> int:
    try:
        number = int(address, 0)
    except ValueError:
        number = -1
    if number < 0 or number % mmap.PAGESIZE:
        expected = f"mmio:ADDRESS with a multiple of {mmap.PAGESIZE:#x}, such as 0x40000000"
        raise BoardError(f"device: expected {expected}, found {address or 'no address'}")
    return number
