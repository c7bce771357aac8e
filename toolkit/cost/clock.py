"""The clock that times are given at: requested, or what the bitstream reaches."""

from __future__ import annotations

from typing import Literal

from toolkit.boards import Board
from toolkit.core.artifact import Record, Text
from toolkit.core.errors import BadOption


class Clock(Record):
    """A clock in MHz: ``requested``, or what ``place and route`` reached."""

    value: float
    provenance: Literal["requested", "place and route", "measured"]
    source: Text

    @property
    def cycle_us(self) -> float:
        """Time of one cycle.

        Raises:
            BadOption: the clock does not run.
        """
        if not self.value > 0:
            raise BadOption("clock", expected="above 0 MHz", found=f"{self.value} MHz")
        return 1 / self.value


def requested_clock(on: Board, mhz: float | None) -> Clock:
    """The clock that the user asks for, or the board's where none was asked for."""
    if mhz:
        return Clock(value=mhz, provenance="requested", source="--clock-mhz")
    return Clock(value=on.clock_mhz.value, provenance="requested", source=on.clock_mhz.citation)


def placed_clock(mhz: float, reached_mhz: float, *, board: str, source: str) -> Clock:
    """The clock of a bitstream: the one that it has, or the one that it reaches if that is less.

    Args:
        mhz: of the bitstream's clock.
        reached_mhz: what the slowest path of the design allows.
        board: name of the board.
        source: tool that placed and routed it.
    """
    words = f"{source} for {board}: asked {mhz:g}, reached {reached_mhz:.1f} MHz"
    return Clock(value=min(mhz, reached_mhz), provenance="place and route", source=words)
