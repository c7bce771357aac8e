"""The clock that a run's times are given at: asked for, the board's, or the bitstream's."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.boards import board
from toolkit.cost import measured_idle, placed_clock, reference_board, requested_clock
from toolkit.cost.exits import Work, exit_costs
from toolkit.cost.figures import Power
from toolkit.cost.measurement import Measurement, measured_rows
from toolkit.cost.rails import Rails
from toolkit.cost.rows import Products

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


def test_a_target_that_the_user_measured_is_the_board(tmp_path: Path) -> None:
    given = Power(value=1.4, low=1.3, high=1.5, provenance="measured", source="idle.csv")
    active = given.model_copy(update={"value": 2.4, "low": 2.3, "high": 2.5})
    rails = Rails(active=active, idle=given, source="mine.csv")
    product = Products(macs=1000, weight_bits=4, activation_bits=4)
    rows = [Measurement("net", [product], rails, rate) for rate in (50.0, 100.0)]
    file = tmp_path / "mine.json"
    measured_rows(rows, board("ulx3s-85f"), name="mine", conditions="a meter").save(file)
    assert reference_board("ulx3s-85f", file).name == "ulx3s-85f"
    idle = measured_idle(board("ulx3s-85f"), file)
    assert idle is not None
    assert (idle.value, idle.provenance, idle.source) == (1.4, "measured", "mine.csv")
    assert reference_board("orangecrab-85f", file).name == "pynq-z2"
    assert measured_idle(board("orangecrab-85f"), file) is None
