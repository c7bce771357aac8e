"""Pins to ports: the text, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.boards import board, names
from toolkit.core.errors import ArtifactError, PinMismatch
from toolkit.families.ecp5 import tools
from toolkit.families.ecp5.constraints import lpf
from toolkit.families.ecp5.pins import Ecp5Table
from toolkit.families.ecp5.trellis import sites
from toolkit.families.ports import TopPort, ports

ULX3S = board("ulx3s-85f").table
assert ULX3S is not None
DESIGN = {
    **{name: TopPort("input", 1) for name in ("clk", "reset", "serial_rx")},
    **{"serial_tx": TopPort("output", 1), "led": TopPort("output", 8), "high": TopPort("output", 1)},
}
OUTPUTS = ("serial_tx", "led", "high")
SITES = {pin.site for pins in ULX3S.ports.values() for pin in pins}


def test_the_ulx3s_constraints() -> None:
    assert ULX3S is not None
    assert (
        lpf("ulx3s-85f", ULX3S, DESIGN, SITES, OUTPUTS) == (Path(__file__).parent / "ulx3s.lpf").read_text()
    )


@pytest.mark.parametrize("name", [name for name in names() if board(name).family == "ecp5"])
def test_every_site_of_a_board_exists(name: str) -> None:
    flow = board(name).table
    assert flow is not None
    known = sites(tools.trellis_database(tools.ecppack()), flow.device, flow.package)
    used = {pin.site for pins in flow.ports.values() for pin in pins}
    assert used
    assert used <= known


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gpio": TopPort("input", 1)}, r"pins of ulx3s-85f for the design's ports; .*found none for gpio"),
        ({"led": None}, r"ports of the design for the pins of ulx3s-85f; .*found none for led"),
        (
            {"led": TopPort("output", 4)},
            r"led on ulx3s-85f; expected output of 8 bit; found output of 4 bit",
        ),
        ({"reset": TopPort("output", 1)}, r"port reset .*expected input of 1 bit; found output of 1 bit"),
    ],
)
def test_ports_and_pins_that_do_not_fit(change: dict[str, TopPort | None], message: str) -> None:
    assert ULX3S is not None
    design = {name: port for name, port in {**DESIGN, **change}.items() if port is not None}
    with pytest.raises(PinMismatch, match=message):
        lpf("ulx3s-85f", ULX3S, design, SITES, OUTPUTS)


def test_a_site_that_does_not_exist_names_near_ones() -> None:
    assert ULX3S is not None
    link = ULX3S.model_dump()["pins"]
    flow = Ecp5Table.model_validate(
        {**ULX3S.model_dump(), "pins": {**link, "serial_rx": {"site": "M99", "io_type": "LVCMOS33"}}}
    )
    message = (
        r"pin of serial_rx on mine; expected a site of LFE5U-85F in CABGA381; found M99.*did you mean M\d"
    )
    with pytest.raises(PinMismatch, match=message):
        lpf("mine", flow, DESIGN, SITES | {"M9"}, OUTPUTS)


def test_ports_of_a_netlist(tmp_path: Path) -> None:
    found = {"led": {"direction": "output", "bits": [2, 3, "1"]}, "clk": {"direction": "input", "bits": [4]}}
    (tmp_path / "n.json").write_text(json.dumps({"modules": {"top": {"ports": found}}}))
    assert ports(tmp_path / "n.json", "top") == {"led": TopPort("output", 3), "clk": TopPort("input", 1)}
    with pytest.raises(ArtifactError, match="expected a module other"):
        ports(tmp_path / "n.json", "other")
