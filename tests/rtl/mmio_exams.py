"""What the processor's port must do, as functions of a bench that was just reset.

Each fails with an AssertionError, and returns how many words and bytes it compared.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import numpy as np

from tests.rtl.mmio_bench import Bench
from tests.rtl.mmio_model import (
    CONSTANTS,
    IN_EMPTIED,
    IN_FILLED,
    OUT_EMPTIED,
    OUT_FILLED,
    POSITIONS,
    WINDOW,
    WORDS,
    Model,
    chunks,
)

MOST = 16  # words of a burst
PATIENCE = 300  # turns in which no position moves
Bytes = list[tuple[int, bool]]


class Host:
    """A processor that fills one ring and empties the other; positions are counted without end."""

    def __init__(self, bench: Bench, rng: np.random.Generator) -> None:
        self.bench, self.rng, self.model = bench, rng, Model()
        self.sent: list[int] = []
        self.given: Bytes = []
        self.received: list[int] = []
        self.in_emptied = self.out_filled = self.out_emptied = self.idle = 0

    def below(self, limit: int) -> int:
        return int(self.rng.integers(limit))

    def words(self, count: int) -> list[int]:
        return [int(word) for word in self.rng.integers(1 << 32, size=count)]

    def bursts(self, first: int, count: int) -> list[range]:
        """Parts of some positions in any order, none across the window's end."""
        parts, at = [], first
        while at < first + count:
            size = min(1 + self.below(MOST), first + count - at, 2 * WORDS - at % (2 * WORDS))
            parts.append(range(at, at + size))
            at += size
        return [parts[i] for i in self.rng.permutation(len(parts))]

    def address(self, position: int) -> int:
        """Where a position is, in either copy of the ring, and perhaps not at its word's first byte."""
        return WINDOW + 4 * (position % (2 * WORDS)) + self.below(4)

    def write(self, address: int, words: list[int]) -> None:
        self.bench.write(address, words, self.below(1 << 12))

    def read(self, address: int, count: int = 1, *, behind: bool = False) -> None:
        self.bench.read(address, count, self.below(1 << 12), behind=behind)

    def take(self) -> list[list[int]]:
        return self.model.check(self.bench.take())

    def ask(self, address: int, count: int = 1) -> list[int]:
        """Read, and wait for it."""
        self.read(address, count)
        self.bench.settle()
        (found,) = self.take()
        return found

    def fill(self, words: list[int]) -> None:
        """Write words in any order, some twice, and move the position, also in pieces."""
        done = 0
        while done < len(words):
            count = min(1 + self.below(len(words)), len(words) - done)
            start = len(self.sent)
            self.sent += words[done : done + count]
            for part in self.bursts(start, count):
                if self.below(4) == 0:
                    self.write(self.address(part.start), self.words(len(part)))
                self.write(self.address(part.start), self.sent[part.start : part.stop])
            others = self.words(1)[0] << 16 & 0xFFFFFFFF  # bits that a position does not have
            value = others | len(self.sent) % POSITIONS
            if self.below(4) == 0:
                self.write(IN_FILLED, [value, *self.words(2), self.out_emptied % POSITIONS])
            else:
                self.write(IN_FILLED, [value])
            done += count

    def give(self, data: Bytes) -> None:
        self.given += data
        self.bench.give(data)

    def random_bytes(self, count: int, share: float) -> Bytes:
        """Bytes of which a share ends a word, the last one in any case."""
        values, lasts = self.rng.integers(256, size=count), self.rng.random(count) < share
        lasts[-1:] = True
        return list(zip(values.tolist(), lasts.tolist(), strict=True))

    def room(self) -> int:
        return WORDS - (len(self.sent) - self.in_emptied)

    def turn(self, words: list[int], most: int = WORDS) -> None:
        """Fill one ring, read at most so many words of the other and both positions, all at once."""
        self.fill(words)
        count = min(self.out_filled - self.out_emptied, most)
        parts = self.bursts(self.out_emptied, count)
        parts += [part for part in parts if self.below(6) == 0]
        for part in parts:
            self.read(self.address(part.start), len(part))
        self.read(*((0, 8) if self.below(3) else (IN_EMPTIED, 2)))
        self.bench.settle()
        *found, positions = self.take()
        known = dict[int, int]()
        for part, values in zip(parts, found, strict=True):
            known.update(zip(part, values, strict=True))
        if count and self.below(3) == 0:
            self.write(OUT_EMPTIED, [(self.out_emptied + self.below(count)) % POSITIONS])
        self.received += [known[self.out_emptied + i] for i in range(count)]
        self.out_emptied += count
        self.write(OUT_EMPTIED, [self.out_emptied % POSITIONS])
        before = self.in_emptied, self.out_filled
        emptied, filled = positions[-2:] if len(positions) == 2 else positions[5:7]
        self.in_emptied += (emptied - self.in_emptied) % POSITIONS
        self.out_filled += (filled - self.out_filled) % POSITIONS
        moves = words or count or before != (self.in_emptied, self.out_filled)
        self.idle = 0 if moves else self.idle + 1
        assert self.idle < PATIENCE, "nothing goes on"

    def finish(self) -> int:
        """Empty both rings; all that went in has come out, in its order."""
        wanted = chunks(self.given)
        while len(self.received) < len(wanted) or self.in_emptied < len(self.sent):
            self.turn([])
        self.bench.settle(4 * len(self.sent), 0)
        self.take()
        assert self.received == wanted
        assert self.model.came == b"".join(word.to_bytes(4, "little") for word in self.sent)
        return self.model.compared


def registers(bench: Bench, rng: np.random.Generator) -> int:
    """Constants and what there is not are read as such, also when they were written."""
    host = Host(bench, rng)
    bench.stall(20)
    for _ in range(2):
        for address in range(0, WINDOW, 4 * MOST):
            host.read(address, MOST)
        for i in rng.permutation(WINDOW // 4):
            if 4 * int(i) not in (IN_FILLED, OUT_EMPTIED):
                host.write(4 * int(i), host.words(1))
        bench.settle()
        words = list(chain.from_iterable(host.take()))
        wanted = [CONSTANTS.get(address, 0) for address in range(0, WINDOW, 4)]
        assert words == wanted
    host.turn(host.words(40))
    return host.finish()


PAUSES: tuple[dict[str, int], ...] = (
    *({"percent": share} for share in (0, 30, 60)),
    {"aw": 95},
    {"w": 80},
    {"b": 90},
    {"r": 90},
    {"m": 90, "ar": 60},
    {"s": 90, "w": 50},
)


def traffic(bench: Bench, rng: np.random.Generator, turns: int = 8) -> int:
    """Both ways at once, with all kinds of pauses and accesses."""
    host = Host(bench, rng)
    for pauses in PAUSES:
        bench.stall(**pauses)
        for _ in range(turns):
            host.give(host.random_bytes(host.below(400), 0.3))
            host.turn(host.words(host.below(min(120, host.room()) + 1)), host.below(200))
    orders = {f"data {order} its address" for order in ("before", "with", "after")}
    sizes = {f"{way} of {count}" for way in ("reads", "writes") for count in range(1, MOST + 1)}
    assert host.model.kinds == orders | sizes | {"reads within a write"}
    return host.finish()


def at_once(bench: Bench, rng: np.random.Generator) -> int:
    """What is written is read by who asks as soon as the response is shown."""
    host = Host(bench, rng)
    bench.stall(b=80, w=30)
    for _ in range(40):
        host.give(host.random_bytes(4 * host.below(4), 0.3))
        host.turn(host.words(1 + host.below(min(9, host.room()))))
        positions = len(host.sent) % POSITIONS, host.out_emptied % POSITIONS
        for address in (IN_FILLED, OUT_EMPTIED):
            host.read(address, behind=True)
        bench.settle()
        assert tuple(chain.from_iterable(host.take())) == positions
    return host.finish()


def to_chip_full(bench: Bench, rng: np.random.Generator) -> int:
    """The chip takes nothing: the ring holds all its words, besides the one that is shown."""
    host = Host(bench, rng)
    for _ in range(3):
        bench.stall(m=100)
        begun = len(host.sent)
        host.turn(host.words(WORDS))
        host.turn([])
        assert host.in_emptied == begun + 1
        host.turn(host.words(1))
        host.turn([])
        assert (host.in_emptied, host.room()) == (begun + 1, 0)
        bench.stall()
        bench.settle(4 * len(host.sent))
        host.turn([])
        host.turn([])
        assert host.room() == WORDS
    return host.finish()


def from_chip_full(bench: Bench, rng: np.random.Generator) -> int:
    """The host takes nothing: bytes wait, and none is lost."""
    host = Host(bench, rng)
    for share, pauses in ((1.0, 0), (0.0, 0), (0.3, 40), (1.0, 60)):
        bench.stall(s=pauses)
        host.give(host.random_bytes(3000, share))
        bench.run(12000)
        (filled,) = host.ask(OUT_FILLED)
        held = (filled - host.out_emptied) % POSITIONS
        assert held in (WORDS - 1, WORDS)
        bench.run(500)
        assert host.ask(OUT_FILLED) == [filled]
        while len(host.received) < len(chunks(host.given)):
            host.turn([], 1 + host.below(300))
    return host.finish()


def lanes(bench: Bench, rng: np.random.Generator) -> int:
    """A word ends with any of its bytes; what it lacks is 0."""
    host = Host(bench, rng)
    sizes = [size for first in range(1, 5) for second in range(1, 5) for size in (first, second)]
    host.give([(0xFF, i == size - 1) for size in sizes for i in range(size)])
    compared = host.finish()
    assert host.received == [(1 << 8 * size) - 1 for size in sizes]
    return compared


def resets(bench: Bench, rng: np.random.Generator) -> int:
    """At any time, with requests that come during them: all is as after the first one."""
    host, compared = Host(bench, rng), 0
    for _ in range(60):
        bench.stall(host.below(2) * host.below(60))
        host.give(host.random_bytes(host.below(200), 0.4))
        host.fill(host.words(1 + host.below(60)))
        for part in host.bursts(0, 60):
            host.read(host.address(part.start), len(part))
        bench.run(1 + host.below(150))
        host.take()
        bench.hold()
        compared += host.model.compared
        host = Host(bench, rng)
        bench.stall(w=70)
        host.read(0, 8)
        host.write(IN_FILLED, [0])
        bench.run(1 + host.below(3))
        bench.release()
        bench.settle()
        assert host.take() == [[*CONSTANTS.values(), 0, 0, 0, 0, 0]]
        host.give(host.random_bytes(host.below(20), 0.4))
        host.turn(host.words(host.below(20)))
        host.finish()
    return compared + host.finish()


def positions(bench: Bench, rng: np.random.Generator) -> int:
    """They go on at 0 when they have come to their end, many rings later."""
    host = Host(bench, rng)
    turns = 0
    while min(len(host.sent), host.out_emptied) < POSITIONS + WORDS:
        turns += 1
        assert turns < POSITIONS // 64, "one of them stands"
        if len(host.given) - host.out_emptied < 2 * WORDS:
            host.give(host.random_bytes(WORDS, 1.0))
        host.turn(host.words(host.room()))
    return host.finish()


EXAMS: dict[str, Callable[[Bench, np.random.Generator], int]] = {
    exam.__name__: exam
    for exam in (registers, lanes, at_once, to_chip_full, from_chip_full, traffic, resets, positions)
}
