"""The clocks that a board is offered: what its family makes and its link works at."""

from __future__ import annotations

from fractions import Fraction

import pytest

from toolkit.boards import SIM, Board, board, targets
from toolkit.core.errors import BadOption
from toolkit.families.ecp5.pll import Pll
from toolkit.families.open_tools import OpenToolchain
from toolkit.implement.clocks import clock_of, next_below, offered, start_clock
from toolkit.links import chip_side
from toolkit.links.serial.rate import BAUD, clocks_per_bit

ULX3S = board("ulx3s-85f")
TARGETS = [board(name) for name in targets() if name != SIM]
SERIAL = [on for on in TARGETS if on.link == "serial"]


@pytest.mark.parametrize("on", SERIAL, ids=lambda one: one.name)
def test_every_clock_offered_gives_the_baud_rate_within_2_percent(on: Board) -> None:
    baud = on.table.baud or BAUD
    assert chip_side(on).baud == baud
    for clock in offered(on):
        found = clock.exact_mhz * 1_000_000 / clocks_per_bit(clock.exact_mhz, baud)
        assert abs(found - baud) <= baud * Fraction(2, 100)


def test_a_clock_without_pll_is_the_oscillator() -> None:
    crab = board("orangecrab-85f")
    pin = crab.table.clock.model_copy(update={"pll": False})
    bare = crab.model_copy(update={"open_table": crab.table.model_copy(update={"clock": pin})})
    assert [(clock.mhz, clock.input_mhz) for clock in offered(bare)] == [(48, 48)]
    assert start_clock(bare, 10**6) == clock_of(bare, 48), "even if it is faster than what is likely"


def test_the_ulx3s_is_offered_these() -> None:
    found = offered(ULX3S)
    assert [clock.mhz for clock in found] == [50, 60, 70, 75, 80, 90, 100, 110, 120, 140, 150]
    assert found[1] == Pll(25, 5, 12, 10)
    assert [clocks_per_bit(clock.exact_mhz) for clock in found[:4]] == [17, 20, 23, 25]


@pytest.mark.parametrize("on", TARGETS, ids=lambda one: one.name)
def test_every_target_reaches_120_mhz(on: Board) -> None:
    assert {60.0, 120.0} <= {clock.mhz for clock in offered(on)}


def test_a_clock_that_is_not_offered_names_those_that_are() -> None:
    with pytest.raises(BadOption, match=r"of 25 MHz; expected one of 50, 60, .* 150 MHz; found 61 MHz"):
        clock_of(ULX3S, 61)


def test_a_board_that_is_no_target_is_offered_none() -> None:
    bare = ULX3S.model_copy(update={"open_table": None})
    with pytest.raises(
        BadOption, match=r"board ulx3s-85f; expected a target: .*orangecrab-85f, pynq-z2, .*ulx3s-85f"
    ):
        _ = bare.toolchain


@pytest.mark.parametrize(
    ("mhz", "reached", "then"),
    [(120, 118, 110), (120, 110, 110), (120, 78, 75), (120, 20, 50), (50, 40, None)],
)
def test_a_missed_clock_goes_down_to_what_was_reached(mhz: int, reached: float, then: int | None) -> None:
    lower = next_below(offered(ULX3S), clock_of(ULX3S, mhz), reached)
    assert (lower and lower.mhz) == then


@pytest.mark.parametrize("on", SERIAL, ids=lambda one: one.name)
def test_the_larger_the_slower_and_always_a_clock_that_is_offered(on: Board) -> None:
    tools = on.netlist_toolchain
    assert isinstance(tools, OpenToolchain)
    clocks = [start_clock(on, most + more).mhz for most, _ in tools.likely for more in (0, 1)]
    assert clocks == sorted(clocks, reverse=True)
    assert clocks[0] <= tools.likely[0][1]
    assert clocks[-1] <= tools.slow_mhz < clocks[0]
    assert set(clocks) <= {clock.mhz for clock in offered(on)}
    assert start_clock(on, None) == start_clock(on, on.toolchain.luts)
