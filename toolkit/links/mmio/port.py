"""Bytes through the two rings of the memory-mapped link, as a line reads and writes them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from toolkit.core.errors import ArtifactError, UnsupportedVersion
from toolkit.links.mmio.memory import DEVICE, ProcessorMemory, Words, open_memory
from toolkit.links.mmio.registers import IDENTITY, POSITIONS, VERSION, WINDOW, WORDS, MailboxRegister
from toolkit.links.serial.line import LineOptions
from toolkit.links.serial.port import READ_S
from toolkit.runtime.errors import DeviceError

PAUSE_S = 20e-6
"""Pause between two looks at a ring, in seconds."""


class MemoryPort:
    """A port of bytes; see :class:`toolkit.links.serial.port.Port`. What an earlier program left is dropped.

    Args:
        memory: addresses of the link, closed with the port.
        write_s: seconds that a write may take.

    Raises:
        ArtifactError: no design with this link is there.
        UnsupportedVersion: it has another version of the registers.
        OSError: the memory fails.
    """

    def __init__(self, memory: ProcessorMemory, where: str, write_s: float) -> None:
        self._memory, self._where, self._write_s = memory, where, write_s
        self._bytes = bytearray()
        self.is_open = True
        found, version = self._register(MailboxRegister.IDENTITY), self._register(MailboxRegister.VERSION)
        if found != IDENTITY:
            raise ArtifactError(
                f"design behind {where}",
                expected=f"identity {IDENTITY:#x}",
                found=f"{found:#x}",
                fix="Load this run's bitstream; is this the address of the processor's port?",
            )
        if version != VERSION:
            fix = "Load a bitstream that this version of Offramp made."
            raise UnsupportedVersion(f"registers behind {where}", expected=VERSION, found=version, fix=fix)
        self._filled = self._register(MailboxRegister.IN_FILLED)
        self._emptied = self._register(MailboxRegister.OUT_FILLED)
        self._set(MailboxRegister.OUT_EMPTIED, self._emptied)

    @property
    def in_waiting(self) -> int:
        """Number of bytes that can be read at once."""
        self._take()
        return len(self._bytes)

    def read(self, size: int = 1, /) -> bytes:
        """Read up to this many bytes, or none if none come in time."""
        end = time.monotonic() + READ_S
        while not self.in_waiting and time.monotonic() < end:
            time.sleep(PAUSE_S)
        found = bytes(self._bytes[:size])
        del self._bytes[:size]
        return found

    def write(self, data: bytes, /) -> int:
        """Write all bytes, with zeros up to a whole word.

        Raises:
            OSError: the chip does not take them in time.
        """
        words = np.frombuffer(data + bytes(-len(data) % 4), "<u4").astype(np.uint32)
        end = time.monotonic() + self._write_s
        while len(words):
            held = self._held(self._filled, self._register(MailboxRegister.IN_EMPTIED))
            count = min(len(words), WORDS - held)
            if count:
                self._put(words[:count])
                words, end = words[count:], time.monotonic() + self._write_s
            elif time.monotonic() > end:
                raise OSError(f"{self._where} has taken nothing for {self._write_s:g} s")
            else:
                self._take()  # so that two full rings cannot wait for each other
                time.sleep(PAUSE_S)
        return len(data)

    def close(self) -> None:
        """Let go of the memory."""
        if self.is_open:
            self.is_open = False
            self._memory.close()

    def _put(self, words: Words) -> None:
        """Write words into the ring, up to its end and from its beginning."""
        at = self._filled % WORDS
        first = min(len(words), WORDS - at)
        self._memory.write(WINDOW + 4 * at, words[:first])
        if first < len(words):
            self._memory.write(WINDOW, words[first:])
        self._filled = (self._filled + len(words)) % POSITIONS
        self._set(MailboxRegister.IN_FILLED, self._filled)

    def _take(self) -> None:
        """Take what the chip has put into its ring."""
        left = self._held(self._register(MailboxRegister.OUT_FILLED), self._emptied)
        if not left:
            return
        while left:
            at = self._emptied % WORDS
            count = min(left, WORDS - at)
            self._bytes += self._memory.read(WINDOW + 4 * at, count).astype("<u4").tobytes()
            self._emptied = (self._emptied + count) % POSITIONS
            left -= count
        self._set(MailboxRegister.OUT_EMPTIED, self._emptied)

    def _held(self, filled: int, emptied: int) -> int:
        """Return how many words a ring holds."""
        held = (filled - emptied) % POSITIONS
        if held > WORDS:
            raise OSError(f"positions of {self._where} have changed; was its bitstream loaded again?")
        return held

    def _register(self, register: MailboxRegister) -> int:
        return int(self._memory.read(register, 1)[0])

    def _set(self, register: MailboxRegister, value: int) -> None:
        self._memory.write(register, np.array([value], np.uint32))


@dataclass(frozen=True)
class MemoryOptions(LineOptions):
    """Options of a line of packets through memory; it has no rate."""

    def open(self, path: str) -> MemoryPort:
        """Open the memory at an address.

        Raises:
            ArtifactError, BadOption, DeviceError, UnsupportedVersion: see :class:`MemoryPort` and
                :func:`open_memory`.
        """
        try:
            memory = open_memory(path)
            try:
                return MemoryPort(memory, f"mmio:{path}", self.write_s)
            except BaseException:
                memory.close()
                raise
        except BlockingIOError as problem:  # of the lock
            found = "another program has it"
            where, fix = f"memory at {path}", "Close that program."
            raise DeviceError(where, expected="a free board", found=found, fix=fix) from problem
        except OSError as problem:
            fix = f"Run this on the board itself, as root; its kernel must have {DEVICE}."
            expected = "memory that can be mapped"
            raise DeviceError(f"memory at {path}", expected=expected, found=problem, fix=fix) from problem

    def hint(self) -> str:
        """What to look at if nothing answers."""
        return "Is it configured with this run's bitstream, and does its clock run?"
