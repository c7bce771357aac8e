"""The chip's end of the two rings in Python, for tests of the host's end."""

from __future__ import annotations

import numpy as np

from toolkit.links.mmio.memory import ProcessorMemory, Words
from toolkit.links.mmio.registers import IDENTITY, POSITIONS, VERSION, WINDOW, WORDS, MailboxRegister


class Rings(ProcessorMemory):
    """Both rings, with positions that begin anywhere.

    Attributes:
        taken: words that the chip has taken.
        wanted: words that the chip still takes; what it does not take stays in its ring.
        closed: whether the host has let go of it.
    """

    def __init__(self, begin: int = 0, wanted: int = 1 << 30) -> None:
        self.registers = dict.fromkeys(MailboxRegister, begin)
        self.registers |= {
            MailboxRegister.IDENTITY: IDENTITY,
            MailboxRegister.VERSION: VERSION,
            MailboxRegister.WORDS: WORDS,
        }
        self.taken: list[int] = []
        self.wanted = wanted
        self.closed = False
        self._to_chip, self._from_chip = np.zeros(WORDS, np.uint32), np.zeros(WORDS, np.uint32)

    def read(self, offset: int, words: int) -> Words:
        assert words > 0
        if offset < WINDOW:
            assert words == 1
            self.work()
            return np.array([self.registers[MailboxRegister(offset)]], np.uint32)
        at = (offset - WINDOW) // 4
        assert at + words <= WORDS
        return self._from_chip[at : at + words].copy()

    def write(self, offset: int, words: Words) -> None:
        assert len(words) > 0
        if offset >= WINDOW:
            at = (offset - WINDOW) // 4
            assert at + len(words) <= WORDS
            self._to_chip[at : at + len(words)] = words
            return
        assert offset in (MailboxRegister.IN_FILLED, MailboxRegister.OUT_EMPTIED), "the others are the chip's"
        self.registers[MailboxRegister(offset)] = int(words[0])
        assert self.held(MailboxRegister.IN_FILLED, MailboxRegister.IN_EMPTIED) <= WORDS
        assert self.held(MailboxRegister.OUT_FILLED, MailboxRegister.OUT_EMPTIED) <= WORDS

    def close(self) -> None:
        self.closed = True

    def held(self, filled: MailboxRegister, emptied: MailboxRegister) -> int:
        """Words in a ring."""
        return (self.registers[filled] - self.registers[emptied]) % POSITIONS

    def work(self) -> None:
        """Take the next words of the host."""
        count = min(self.held(MailboxRegister.IN_FILLED, MailboxRegister.IN_EMPTIED), self.wanted)
        for _ in range(count):
            self.taken.append(int(self._to_chip[self.registers[MailboxRegister.IN_EMPTIED] % WORDS]))
            self._advance(MailboxRegister.IN_EMPTIED)
        self.wanted -= count

    def put(self, words: list[int]) -> None:
        """Put words into the ring to the host, which has room."""
        for word in words:
            assert self.held(MailboxRegister.OUT_FILLED, MailboxRegister.OUT_EMPTIED) < WORDS
            self._from_chip[self.registers[MailboxRegister.OUT_FILLED] % WORDS] = word
            self._advance(MailboxRegister.OUT_FILLED)

    def _advance(self, position: MailboxRegister) -> None:
        self.registers[position] = (self.registers[position] + 1) % POSITIONS
