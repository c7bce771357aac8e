"""Results of place and route, the same for every family."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.core.artifact import Record
from toolkit.core.quantities import Count, Cycles, NonNegative


class RoutedClock(Record):
    """A clock net with its requested and its achieved frequency in MHz."""

    net: str
    wanted_mhz: float
    reached_mhz: float


class CriticalPath(Record):
    """A path between two registers: its ends (cell and port), and its delays in logic and routing in ns."""

    source: str
    sink: str
    logic_ns: NonNegative
    routing_ns: NonNegative


class ResourceUse(Record):
    """The used and the available number of a resource."""

    used: Count
    available: Cycles


class Routed(Record):
    """A placed and routed design.

    Attributes:
        clock: clock of the design.
        clocks: all clocks.
        path: critical path of the design's clock.
        use: utilisation by the tools' names of resources.
        hold_violations: paths so short that by the tool's model a register may take the next value.
    """

    clock: RoutedClock
    clocks: tuple[RoutedClock, ...]
    path: CriticalPath
    use: Mapping[str, ResourceUse]
    hold_violations: Count = 0

    @property
    def met(self) -> bool:
        """Whether every clock reaches its requested frequency."""
        return all(clock.reached_mhz >= clock.wanted_mhz * (1 - 1e-6) for clock in self.clocks)


class Compared(Record):
    """Amounts that were equal in a bitstream: tiles with settings, bits set in them, words of block RAMs."""

    tiles: int
    bits: int
    memory_words: int
