"""The memory of the memory-mapped link, in Python: two rings, and what answers behind them."""

from __future__ import annotations

import contextlib
import os
import random
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tests.runtime.fake_board import FakeBoard
from toolkit.links.mmio import registers

TABLE = registers.constants()
AT = TABLE["registers"]
WORDS, WINDOW, POSITIONS = TABLE["words"], TABLE["window"], TABLE["positions"]
IDLE_ACCESSES = 50
Chip = Callable[[bytes], Sequence[bytes]]
"""Takes bytes, none at all if nothing comes any more; returns the packets that it says."""


class RingBoard(FakeBoard):
    """The fake board without its terminal, as a :data:`Chip`."""

    def replug(self) -> None:
        back, out = os.pipe2(os.O_DIRECT | os.O_NONBLOCK)  # a read brings what one write has written
        self._files = (out, back)
        self.power_up()

    def unplug(self) -> None:
        if self._files is not None:
            files, self._files = self._files, None
            for file in files:
                os.close(file)

    def __call__(self, data: bytes) -> list[bytes]:
        if not data:
            self._bytes.clear()
        for byte in self.damage_in(data):
            self._bytes.append(byte)
            self._parse()
        while self._queue:
            self._execute(self._queue.pop(0))
        said = []
        with contextlib.suppress(BlockingIOError):
            while self._files is not None:
                said.append(os.read(self._files[1], 4096))
        return said


def words_of(packet: bytes) -> np.ndarray:
    """A packet as whole words."""
    return np.frombuffer(packet + bytes(-len(packet) % 4), "<u4")


class FakeMemory:
    """Rings that move a few words with each access, and assert that none is read or written out of turn.

    Args:
        chip: what answers.
        seed: of the numbers of words that are moved at once.
        to_chip, from_chip: where the positions of the two rings stand.
        left: words that an earlier program has not taken.

    Attributes:
        registers: contents by byte address.
        stuck: the chip takes no words and gives none.
        fullest: most words that were in each ring.
        closed: how often it was closed.
    """

    def __init__(
        self, chip: Chip, *, seed: int = 0, to_chip: int = 0, from_chip: int = 0, left: int = 0
    ) -> None:
        self._chip, self._random = chip, random.Random(seed)
        self.registers = {
            AT["IDENTITY"]: TABLE["identity"],
            AT["VERSION"]: TABLE["table"],
            AT["WORDS"]: WORDS,
            AT["IN_FILLED"]: to_chip,
            AT["IN_EMPTIED"]: to_chip,
            AT["OUT_FILLED"]: (from_chip + left) % POSITIONS,
            AT["OUT_EMPTIED"]: from_chip,
        }
        self.stuck, self.closed, self.fullest = False, 0, {"IN": 0, "OUT": 0}
        self._rings = {"IN": np.zeros(WORDS, "<u4"), "OUT": np.full(WORDS, 0xD5D5D5D5, "<u4")}
        self._written: set[int] = set()
        self._said: list[int] = []
        self._quiet = 0

    def read(self, offset: int, words: int) -> np.ndarray:
        self._work()
        if offset < WINDOW:
            assert words == 1
            return np.array([self.registers[offset]], "<u4")
        start = (offset - WINDOW) // 4
        assert set(range(start, start + words)) <= self._used("OUT"), "words that have not come"
        return self._rings["OUT"][start : start + words].copy()

    def write(self, offset: int, words: np.ndarray) -> None:
        if offset < WINDOW:
            (position,) = words.tolist()
            self._move({AT["IN_FILLED"]: "IN_FILLED", AT["OUT_EMPTIED"]: "OUT_EMPTIED"}[offset], position)
        else:
            start = (offset - WINDOW) // 4
            places = set(range(start, start + len(words)))
            assert max(places) < WORDS
            assert not places & self._used("IN"), "words that have not been taken"
            self._rings["IN"][start : start + len(words)] = words
            self._written |= places
        self._work()

    def close(self) -> None:
        self.closed += 1

    def _count(self, ring: str) -> int:
        return (self.registers[AT[f"{ring}_FILLED"]] - self.registers[AT[f"{ring}_EMPTIED"]]) % POSITIONS

    def _used(self, ring: str) -> set[int]:
        first = self.registers[AT[f"{ring}_EMPTIED"]]
        return {(first + k) % WORDS for k in range(self._count(ring))}

    def _move(self, name: str, position: int) -> None:
        assert 0 <= position < POSITIONS
        before = self.registers[AT[name]]
        moved = {(before + k) % WORDS for k in range((position - before) % POSITIONS)}
        if name == "IN_FILLED":
            assert moved <= self._written, "words that were not written"
            self._written -= moved
        self.registers[AT[name]] = position
        ring = name.partition("_")[0]
        assert self._count(ring) <= WORDS
        self.fullest[ring] = max(self.fullest[ring], self._count(ring))

    def _step(self, name: str) -> int:
        """Move a position of the chip's by one word; return the word's place."""
        position = self.registers[AT[name]]
        self.registers[AT[name]] = (position + 1) % POSITIONS
        return position % WORDS

    def _work(self) -> None:
        if self.stuck:
            return
        count = min(self._random.randrange(8), self._count("IN"))
        if self._said:
            count = 0  # one thing at a time: what it says goes first
        words = [self._rings["IN"][self._step("IN_EMPTIED")] for _ in range(count)]
        self._quiet = 0 if count else self._quiet + 1
        if count or self._quiet > IDLE_ACCESSES:
            for packet in self._chip(np.array(words, "<u4").tobytes()):
                self._said += words_of(packet).tolist()
        for _ in range(min(self._random.randrange(8), WORDS - self._count("OUT"), len(self._said))):
            self._rings["OUT"][self._step("OUT_FILLED")] = self._said.pop(0)
        self.fullest["OUT"] = max(self.fullest["OUT"], self._count("OUT"))


class FileBoard(threading.Thread):
    """A board behind a file that stands for physical memory, for a program of its own, in a ``with`` block.

    Both rings lie at the same addresses, so it takes no request while its reply has not been read.
    """

    def __init__(self, path: Path, address: int, board: RingBoard) -> None:
        super().__init__(daemon=True)
        with path.open("wb") as file:
            file.truncate(address + TABLE["span"])
        self._words = np.memmap(path, "<u4", "r+", address, (TABLE["span"] // 4,))
        self._set("IDENTITY", TABLE["identity"])
        self._set("VERSION", TABLE["table"])
        self._board, self._end = board, threading.Event()

    def __enter__(self) -> FileBoard:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()

    def _get(self, name: str) -> int:
        return int(self._words[AT[name] // 4])

    def _set(self, name: str, value: int) -> None:
        self._words[AT[name] // 4] = value

    def _place(self, position: int) -> int:
        return WINDOW // 4 + position % WORDS

    def run(self) -> None:
        while not self._end.wait(0.0001):
            start, end = self._get("IN_EMPTIED"), self._get("IN_FILLED")
            taken = range(start, start + (end - start) % POSITIONS)
            data = np.array([self._words[self._place(k)] for k in taken], "<u4").tobytes()
            self._set("IN_EMPTIED", end)
            for packet in self._board(data) if data else ():
                position = self._get("OUT_FILLED")
                for k, word in enumerate(words := words_of(packet)):
                    self._words[self._place(position + k)] = word
                self._set("OUT_FILLED", (position + len(words)) % POSITIONS)
