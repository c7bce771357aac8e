"""The clock for which times are given: requested, or reached by the bitstream."""

from __future__ import annotations

from math import ceil
from typing import Literal

from toolkit.boards import Board
from toolkit.core.artifact import Record, Text
from toolkit.core.errors import BadOption


class Clock(Record):
    """A clock in MHz: ``requested``, or reached in ``place and route``, which may be Vivado's."""

    value: float
    provenance: Literal["requested", "place and route", "Vivado", "measured"]
    source: Text

    @property
    def cycle_us(self) -> float:
        """Time of one cycle, in µs.

        Raises:
            BadOption: the frequency is not above 0.
        """
        if not self.value > 0:
            raise BadOption("clock", expected="above 0 MHz", found=f"{self.value} MHz")
        return 1 / self.value

    def cycles(self, us: float) -> int:
        """Return the cycles that so many µs take, rounded up."""
        return ceil(round(us / self.cycle_us, 6))


def requested_clock(on: Board, mhz: float | None) -> Clock:
    """Return the requested clock in MHz; the board's clock if None."""
    if mhz:
        return Clock(value=mhz, provenance="requested", source="--clock-mhz")
    return Clock(value=on.clock_mhz.value, provenance="requested", source=on.clock_mhz.citation)


def placed_clock(
    mhz: float,
    reached_mhz: float,
    *,
    board: str,
    source: str,
    provenance: Literal["place and route", "Vivado"] = "place and route",
) -> Clock:
    """Return the clock of a bitstream: the one it was built for, or the one it reaches if that is lower.

    Args:
        mhz: clock of the bitstream.
        reached_mhz: clock that the slowest path of the design allows.
        board: name of the board.
        source: name of the tool that placed and routed the design.
        provenance: origin of the bitstream's figures.
    """
    words = f"{source} for {board}: asked {mhz:g}, reached {reached_mhz:.1f} MHz"
    return Clock(value=min(mhz, reached_mhz), provenance=provenance, source=words)
