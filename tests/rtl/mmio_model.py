"""What the processor's port must do, told from what passed on its channels.

Where a read and a change overlap, the values before and after it are right, and no other.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.rtl.mmio_bench import FAR, Event, Kind

IDENTITY, VERSION, WORDS, WINDOW, POSITIONS = 0x4F46524D, 1, 512, 0x1000, 65536
IN_FILLED, IN_EMPTIED, OUT_FILLED, OUT_EMPTIED = 0x10, 0x14, 0x18, 0x1C
CONSTANTS = {0x00: IDENTITY, 0x04: VERSION, 0x08: WORDS}
SOON = 4
"""Cycles within which everything goes on that waits for nobody."""
STORED = 3
"""Cycles after its last byte in which a word may still be on its way into the ring."""


def chunks(data: Sequence[tuple[int, bool]]) -> list[int]:
    """The words that bytes of the chip make, each with whether it is the last of one."""
    found, word = [], b""
    for byte, last in data:
        word += bytes([byte])
        if last or len(word) == 4:
            found.append(int.from_bytes(word, "little"))
            word = b""
    return found


@dataclass
class Position:
    """A position of the host: its values, and between which cycles each took effect."""

    values: list[int] = field(default_factory=lambda: [0])
    earliest: list[int] = field(default_factory=lambda: [-1])
    latest: list[int] = field(default_factory=lambda: [-1])

    def move(self, value: int, cycle: int) -> int:
        """Take a value written in a cycle; returns by how much it moves."""
        self.values.append(value % POSITIONS)
        self.earliest.append(cycle)
        self.latest.append(FAR)
        return (self.values[-1] - self.values[-2]) % POSITIONS

    def between(self, low: int, high: int) -> set[int]:
        """Values that a read may find which is made between two cycles, both not included."""
        first = bisect_right(self.latest, low) - 1
        return set(self.values[first : bisect_left(self.earliest, high)])


@dataclass
class Burst:
    """A burst under way."""

    id: int
    address: int
    count: int
    since: int
    asked: int
    words: list[int] = field(default_factory=list)


class Model:
    """All that is known of a port since its reset.

    Attributes:
        compared: how many words, bytes and the like were right.
        came: bytes to the chip.
        kinds: what kinds of accesses there were.
    """

    def __init__(self) -> None:
        self.compared, self.came, self.kinds = 0, bytearray(), set[str]()
        self.memory: dict[int, int] = {}
        self.in_filled, self.out_emptied, self.emptied = Position(), Position(), 0
        self.to_chip: list[tuple[int, int]] = []  # words, and the cycle in which each was handed over
        self.begun: list[int] = []  # the cycle in which each word's first byte was shown
        self.shown, self.taken_at = 0, -1  # of the bytes
        self.word = b""
        self.out: list[int] = []
        self.given_at = self.room_at = -1
        self.stored: list[int] = []  # the cycle of each word's last byte
        self.writes: deque[Burst] = deque()
        self.reads: deque[Burst] = deque()
        self.moved: list[tuple[Position, int]] = []  # by the write under way
        self.address_at = self.data_at = self.response_at = self.read_at = -1

    def same(self, found: object, wanted: object) -> None:
        assert found == wanted, (found, wanted)
        self.compared += 1

    def among(self, found: int, wanted: set[int]) -> None:
        assert found in wanted, (found, wanted)
        self.compared += 1

    def check(self, events: Sequence[Event]) -> list[list[int]]:
        """Check events that follow those before; returns the words of each burst that was read."""
        for event in events:
            if event.kind == Kind.AW:
                self._address(event)
            elif event.kind == Kind.W:
                self._word(event)
            elif event.kind == Kind.B:
                self._response(event)
            elif event.kind == Kind.S:
                self._from_chip(event)
            elif event.kind == Kind.SHOWN:
                self._show(event)
            elif event.kind == Kind.M:
                self._to_chip(event)
            elif event.kind == Kind.R and self.writes:
                self.kinds.add("reads within a write")
        found = []
        for event in events:
            if event.kind == Kind.AR:
                assert event.taken <= max(event.since, self.read_at + 1) + SOON
                assert not self.reads
                self.reads.append(Burst(event.id, event.data, event.last + 1, event.since, event.taken))
            elif event.kind == Kind.R:
                found += self._read(event)
        return found

    def _address(self, event: Event) -> None:
        assert event.taken <= max(event.since, self.response_at + 1) + SOON
        assert not self.writes, "an address is taken while a write is under way"
        self.writes.append(Burst(event.id, event.data, 0, event.since, event.taken))
        self.address_at = event.taken

    def _word(self, event: Event) -> None:
        burst, cycle = self.writes[0], event.taken
        assert cycle <= max(event.since, self.address_at, self.data_at) + SOON
        assert not burst.count, "a word is taken behind the last one"
        address = burst.address // 4 * 4 + 4 * len(burst.words)
        if not burst.words:
            order = event.since - burst.since
            self.kinds.add(f"data {'before' if order < 0 else 'after' if order else 'with'} its address")
        burst.words.append(event.data)
        self.data_at = cycle
        if event.last:
            burst.count = len(burst.words)
            self.kinds.add(f"writes of {burst.count}")
        if address >= WINDOW:
            self.memory[address // 4 % WORDS] = event.data
        elif address == IN_FILLED:
            start = self.in_filled.values[-1]
            for i in range(self.in_filled.move(event.data, cycle)):
                self.to_chip.append((self.memory[(start + i) % WORDS], cycle))
            self.moved.append((self.in_filled, len(self.in_filled.values) - 1))
        elif address == OUT_EMPTIED:
            full = self.full()
            self.emptied += self.out_emptied.move(event.data, cycle)
            if full and not self.full():
                self.room_at = cycle
            self.moved.append((self.out_emptied, len(self.out_emptied.values) - 1))

    def _response(self, event: Event) -> None:
        burst = self.writes.popleft()
        assert burst.count, "a response before the last word"
        assert self.data_at < event.since <= self.data_at + SOON
        self.same(event.id, burst.id)
        for position, place in self.moved:
            position.latest[place] = event.since
        self.moved = []
        self.response_at = event.taken

    def full(self) -> bool:
        """Whether bytes of the chip may have to wait for the host."""
        return len(self.out) - self.emptied >= WORDS - 1

    def _from_chip(self, event: Event) -> None:
        assert self.full() or event.taken <= max(event.since, self.given_at, self.room_at) + SOON
        self.given_at = event.taken
        self.word += bytes([event.data])
        if event.last or len(self.word) == 4:
            self.out.append(int.from_bytes(self.word, "little"))
            self.stored.append(event.taken)
            self.word = b""
            assert len(self.out) - self.emptied <= WORDS, "a word is taken that there is no place for"

    def _show(self, event: Event) -> None:
        assert self.shown == len(self.came), "a byte is shown behind another"
        assert self.shown // 4 < len(self.to_chip), "a byte that nobody sent"
        word, cycle = self.to_chip[self.shown // 4]
        assert cycle < event.since <= max(cycle, self.taken_at) + SOON
        self.same(event.data, word >> 8 * (self.shown % 4) & 0xFF)
        if self.shown % 4 == 0:
            self.begun.append(event.since)
        self.shown += 1

    def _to_chip(self, event: Event) -> None:
        place = len(self.came)
        self.same(event.data, self.to_chip[place // 4][0] >> 8 * (place % 4) & 0xFF)
        self.came.append(event.data)
        self.taken_at = event.taken

    def _read(self, event: Event) -> list[list[int]]:
        """Check a word that was read; returns its burst if it is the last one."""
        burst = self.reads[0]
        address = burst.address // 4 * 4 + 4 * len(burst.words)
        low, high = burst.asked, event.since
        assert low < high <= low + SOON
        self.same(event.id, burst.id)
        burst.words.append(event.data)
        self.same(event.last, int(len(burst.words) == burst.count))
        begun, stored = self.begun, self.stored
        if address >= WINDOW:
            slot = address // 4 % WORDS
            sure, maybe = bisect_left(stored, low - STORED), bisect_left(stored, high)
            newest = (sure - 1 - slot) // WORDS * WORDS + slot
            if newest >= 0:  # else nobody knows
                self.among(event.data, {self.out[place] for place in range(newest, maybe, WORDS)})
        elif address == IN_FILLED:
            self.among(event.data, self.in_filled.between(low, high))
        elif address == OUT_EMPTIED:
            self.among(event.data, self.out_emptied.between(low, high))
        elif address == IN_EMPTIED:
            counts = range(bisect_right(begun, low), bisect_left(begun, high) + 1)
            self.among(event.data, {count % POSITIONS for count in counts})
        elif address == OUT_FILLED:
            counts = range(bisect_left(stored, low - STORED), bisect_left(stored, high) + 1)
            self.among(event.data, {count % POSITIONS for count in counts})
        else:
            self.same(event.data, CONSTANTS.get(address, 0))
        burst.asked = self.read_at = event.taken
        if len(burst.words) < burst.count:
            return []
        self.kinds.add(f"reads of {burst.count}")
        return [self.reads.popleft().words]
