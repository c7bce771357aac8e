"""Boards that the open tools build for: roles, sites, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.boards import board, names
from toolkit.boards.board import FOLDER
from toolkit.core.errors import ArtifactError


def test_the_ulx3s_has_all_roles() -> None:
    flow = board("ulx3s-85f").table
    assert flow is not None
    sites = {port: " ".join(pin.site for pin in pins) for port, pins in flow.ports.items()}
    assert sites == {
        "clk": "G2",
        "reset": "R1",
        "serial_rx": "M1",
        "serial_tx": "L4",
        "led": "B2 C2 C1 D2 D1 E2 E1 H3",
        "high": "L2",
    }
    assert flow.reset is not None
    assert (flow.clock.mhz, flow.reset.active, flow.reset.pull) == (25, "high", "down")
    assert (flow.device, flow.package, flow.speed) == ("LFE5U-85F", "CABGA381", 6)


def test_the_orangecrab_has_a_button_and_a_light_that_are_low() -> None:
    flow = board("orangecrab-85f").table
    assert flow is not None
    assert flow.reset is not None
    assert (flow.clock.mhz, flow.reset.active) == (48, "low")
    assert flow.lights_active == "low"
    assert flow.widths == {"clk": 1, "reset": 1, "serial_rx": 1, "serial_tx": 1, "rgb": 3}


def test_what_was_never_tried_says_so() -> None:
    boards = [board(name) for name in names() if board(name).family == "ecp5"]
    assert {on.name for on in boards if on.table.verified} == {on.name for on in boards if "ulx3s" in on.name}
    assert all("Never tried on a board" in on.table.source for on in boards if not on.table.verified)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('site = "M1"', 'site = "L4"', r"ecp5; .*site L4 once, not for serial_rx and serial_tx"),
        ('site = "H3"', 'site = "B2"', r"site B2 once, not for led and led"),
        ('site = "G2"', 'site = "pin 3"', r"ecp5\.clock\.site"),
        ('io_type = "LVCMOS33"', 'io_type = "LVCMOS99"', r"ecp5\.clock\.io_type"),
        ('pull = "up"', 'pull = "sideways"', r"ecp5\.pins\.serial_rx\.pull"),
        ("drive = 4", "drive = 5", r"ecp5\.pins\.serial_tx\.drive"),
        ('active = "high"', "", r"ecp5\.reset\.active; expected a value"),
        ("mhz = 25.0", "mhz = 0", r"ecp5\.clock\.mhz"),
        ("[ecp5.pins.serial_rx]", "[ecp5.serial_rx]", r"ecp5\.serial_rx; expected no such key"),
        ("[ecp5.reset]", "[ecp5.buzzer]", r"ecp5\.buzzer; expected no such key"),
        ("[ecp5.reset]", "[ecp5.pins.serial_tx]", r"cannot be read; expected TOML"),
        ('device = "LFE5U-85F"', 'device = "LFE5U-99F"', r"ecp5\.device"),
        ("speed = 6", "speed = 9", r"ecp5\.speed"),
        ("speed = 6", "speed = 6\nbaud = 0", r"ecp5\.baud.*greater than 0"),
        ("speed = 6", 'speed = 6\nlights = "dim"', r"ecp5\.lights.*'high' or 'low'"),
        ("mhz = 25.0", 'mhz = 25.0\npll = "maybe"', r"ecp5\.clock\.pll"),
        ("[[ecp5.high]]", "[[ecp5.rgb]]", r"ecp5\.rgb.*"),
    ],
)
def test_wrong_pins_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    head, table, pins = (FOLDER / "ulx3s-85f.toml").read_text().partition("[ecp5]")
    assert pins.count(old) >= 1
    (tmp_path / "mine.toml").write_text(head + table + pins.replace(old, new, 1))
    with pytest.raises(ArtifactError, match=message):
        board("mine", tmp_path)
