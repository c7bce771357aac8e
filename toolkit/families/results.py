"""What place and route came to, whatever the family."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.core.artifact import Record
from toolkit.core.quantities import Count, Cycles, NonNegative


class RoutedClock(Record):
    """A clock net: what was asked of it and what it reaches, in MHz."""

    net: str
    wanted_mhz: float
    reached_mhz: float


class CriticalPath(Record):
    """A path between two registers: cells and ports at its ends, ns in logic and on wires."""

    source: str
    sink: str
    logic_ns: NonNegative
    routing_ns: NonNegative


class ResourceUse(Record):
    """How many of a resource are used, and how many the part has."""

    used: Count
    available: Cycles


class Routed(Record):
    """A placed and routed design.

    Attributes:
        clock: the design's own.
        clocks: all of them.
        path: the critical path of the design's clock.
        use: by resource, as the tools name it.
    """

    clock: RoutedClock
    clocks: tuple[RoutedClock, ...]
    path: CriticalPath
    use: Mapping[str, ResourceUse]

    @property
    def met(self) -> bool:
        """Whether every clock is reached."""
        return all(clock.reached_mhz >= clock.wanted_mhz * (1 - 1e-6) for clock in self.clocks)


class Compared(Record):
    """What was found equal in a bitstream: tiles with settings, bits set in them, words of block RAMs."""

    tiles: int
    bits: int
    memory_words: int
