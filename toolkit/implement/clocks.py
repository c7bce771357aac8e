"""The clocks of a board: those that its family can generate and its link works at."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from toolkit.boards import Board
from toolkit.core.errors import BadOption
from toolkit.families.toolchain import Oscillator, SystemClock
from toolkit.links import chip_side


def offered(board: Board) -> tuple[SystemClock, ...]:
    """Return all clocks of a board, slowest first.

    Raises:
        BadOption: the board is no target.
    """
    mhz, toolchain, link = board.table.oscillator_mhz, board.toolchain, chip_side(board)
    made = (Oscillator(mhz),) if board.table.direct else toolchain.clocks(mhz)
    return tuple(clock for clock in made if link.works_at(clock.exact_mhz))


def clock_of(board: Board, mhz: float) -> SystemClock:
    """Return the clock of ``mhz``.

    Raises:
        BadOption: the board does not have it; the message lists all clocks.
    """
    known = offered(board)
    for clock in known:
        if clock.exact_mhz == Fraction(mhz):
            return clock
    expected = f"one of {', '.join(f'{clock.mhz:g}' for clock in known)} MHz"
    what = f"clock from an oscillator of {board.table.oscillator_mhz:g} MHz"
    raise BadOption(what, expected=expected, found=f"{mhz:g} MHz")


def start_clock(board: Board, luts: int | None) -> SystemClock:
    """Choose the clock for a design of so many look-up tables; None: the family's default number."""
    toolchain = board.toolchain
    likely = toolchain.likely_mhz(luts or toolchain.luts)
    known = offered(board)
    return ([clock for clock in known if clock.mhz <= likely] or known[:1])[-1]


def next_below(clocks: Sequence[SystemClock], missed: SystemClock, reached_mhz: float) -> SystemClock | None:
    """Return the fastest of ``clocks`` that is slower than ``missed`` and not above ``reached_mhz``.

    If none is that slow, return the slowest; if ``missed`` is the slowest, return None.
    """
    slower = [clock for clock in clocks if clock.exact_mhz < missed.exact_mhz]
    reached = [clock for clock in slower if clock.mhz <= reached_mhz]
    below = reached or slower[:1]
    return below[-1] if below else None
