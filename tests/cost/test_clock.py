"""The clock that a run's times are given at: asked for, the board's, or the bitstream's."""

from __future__ import annotations

import pytest

from toolkit.boards import board
from toolkit.cost import placed_clock, reference_board, requested_clock
from toolkit.cost.exits import Work, exit_costs

TOOL = "place and route (nextpnr-ecp5 1.0)"


def test_the_bitstreams_comes_from_place_and_route() -> None:
    clock = placed_clock(100.0, 104.25, board="ulx3s-85f", source=TOOL)
    assert (clock.value, clock.provenance) == (100.0, "place and route")
    assert clock.source == ("place and route (nextpnr-ecp5 1.0) for ulx3s-85f: asked 100, reached 104.2 MHz")
    by_vivado = placed_clock(100.0, 104.0, board="zc706", source="Vivado 2024.2", provenance="Vivado")
    assert (by_vivado.value, by_vivado.provenance) == (100.0, "Vivado")
    costs = exit_costs(
        [Work(100, 50, None), Work(200, 50, None)],
        (0.5, 0.5),
        Work(200, 50, None),
        clock,
        reference_board("ulx3s-85f"),
    )
    assert costs.clock_mhz == clock
    assert [one.latency_us for one in costs.exits] == [1.0, 2.0]


def test_a_missed_clock_is_not_promised() -> None:
    clock = placed_clock(110.0, 81.5, board="ulx3s-85f", source=TOOL)
    assert clock.value == 81.5
    assert clock.source.endswith("asked 110, reached 81.5 MHz")


def test_without_a_bitstream_it_is_asked_for_or_the_boards() -> None:
    on = board("pynq-z2")
    for mhz, value, source in (
        (None, on.clock_mhz.value, on.clock_mhz.citation),
        (62.5, 62.5, "--clock-mhz"),
    ):
        clock = requested_clock(on, mhz)
        assert (clock.value, clock.provenance, clock.source) == (value, "requested", source)


@pytest.mark.parametrize("target", ["sim", "ulx3s-85f", "orangecrab-85f"])
def test_energies_are_given_for_a_board_that_was_measured(target: str) -> None:
    """No energy of an ECP5 was ever measured in public."""
    on = reference_board(target)
    assert on.idle_w is not None
    assert on.name == "pynq-z2"
