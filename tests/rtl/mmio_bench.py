"""The processor's port in a simulation, driven by transfers of its channels, and what passed on each."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.rtl import serial_bench
from tests.rtl.running_bench import RunningBench

CHANNELS = ("aw", "w", "b", "ar", "r", "m", "s")
FAR = 1 << 40


class Kind(enum.IntEnum):
    """Channels of events; ``SHOWN`` is a byte to the chip that became valid."""

    AW, W, B, AR, R, M, S, SHOWN = range(8)


class Event(NamedTuple):
    """One transfer: cycles in which it was valid first and was taken, and what it carried."""

    kind: int
    since: int
    taken: int
    id: int
    data: int
    last: int


class Bench(RunningBench):
    """A running simulation of ``mmio_bench``, just reset; ``mutant`` is a fault of it."""

    def __init__(self, program: Path, mutant: int = 0) -> None:
        super().__init__(program, mutant)
        self.hold()
        self.run(3)
        self.release()

    def _tell(self, *commands: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write("".join(f"{command}\n" for command in commands))
        except BrokenPipeError:
            raise AssertionError(self._process.stdout.read()) from None

    def hold(self) -> None:
        """Begin a reset; what is queued or under way is forgotten, what is queued from now on is not."""
        self.writes = 0
        self._tell("hold")

    def release(self) -> None:
        self._tell("release")

    def stall(self, percent: int = 0, **channels: int) -> None:
        """Pause each channel for a part of the time: those named for their own."""
        self._tell(*(f"stall {channel} {channels.get(channel, percent)}" for channel in CHANNELS))

    def write(self, address: int, words: Sequence[int], number: int = 0) -> None:
        """Queue a burst."""
        self.writes += 1
        last = len(words) - 1
        self._tell(f"aw {number} {address}", *(f"w {word} {i == last:d}" for i, word in enumerate(words)))

    def read(self, address: int, count: int, number: int = 0, *, behind: bool = False) -> None:
        """Queue a burst; ``behind`` the responses of all writes so far, or as soon as may be."""
        self._tell(f"ar {number} {address} {count - 1} {self.writes if behind else 0}")

    def give(self, data: Iterable[tuple[int, bool]]) -> None:
        """Queue bytes from the chip, and whether each is the last of a word."""
        self._tell(*(f"s {byte} {last:d}" for byte, last in data))

    def run(self, cycles: int) -> None:
        self._tell(f"run {cycles}")

    def settle(self, taken: int = 0, queued: int = FAR, limit: int = 40000) -> None:
        """Run until all is answered, and bytes were taken to the chip and from the queue.

        The next :meth:`take` fails if that takes longer than ``limit``.
        """
        self._tell(f"settle {limit} {taken} {queued}")

    def take(self) -> list[Event]:
        """What passed since the last time.

        Raises:
            AssertionError: a check in the simulation failed, or something did not come.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._tell("take")
        with suppress(BrokenPipeError):  # what it said last tells why
            self._process.stdin.flush()
        found = list[Event]()
        for line in self._process.stdout:
            if line == "end\n":
                return found
            try:
                found.append(Event(*map(int, line.split())))
            except ValueError:
                raise AssertionError(line) from None
        raise AssertionError("the simulation ended")


def build(folder: Path, sources: tuple[Path, ...] = ()) -> Path:
    """Compile ``mmio_bench``; ``sources`` take the place of our blocks of the same names."""
    return serial_bench.build(folder, sources, "mmio_bench", "mmio_main.cpp")
