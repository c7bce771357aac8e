"""A report of a run with a bitstream: the part, the resources, the page, and a run without a board."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.report.fake_run import IMPLEMENTATION, VIVADO, write
from toolkit.core.errors import ArtifactError
from toolkit.report.page import render
from toolkit.report.schema import Report
from toolkit.report.sources import collect

HEADING = "On the board"


def board_report(folder: Path, made: Mapping[str, Any]) -> Report:
    return collect(write(folder / "run", made=made))


@pytest.fixture(scope="module")
def on_board(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return board_report(tmp_path_factory.mktemp("board"), IMPLEMENTATION)


def changed(*keys: Any, to: Any) -> dict[str, Any]:
    value = inner = deepcopy(IMPLEMENTATION)
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = to
    return value


def words(page: str) -> str:
    return " ".join(
        re.sub(r"<[^>]*>", " ", page.split("</style>")[1]).replace("\N{NO-BREAK SPACE}", " ").split()
    )


def test_it_is_what_the_stage_found(on_board: Report, tmp_path: Path) -> None:
    made = on_board.implementation
    assert made is not None
    assert json.loads(made.model_dump_json(by_alias=True)) == IMPLEMENTATION
    on_board.save(tmp_path)
    assert Report.load(tmp_path) == on_board


def test_resources_are_the_whole_chips(on_board: Report, report: Report) -> None:
    found = on_board.resources
    assert (found.lut, found.ff, found.bram, found.dsp, found.uram) == (8361, 6000, 52, 39, 0)
    assert found.provenance == "place and route"
    assert found.source.startswith("place and route (nextpnr-ecp5 1.0): the whole chip;")
    assert (found.segments, found.accelerators) == (report.resources.segments, report.resources.accelerators)
    assert (report.resources.ff, report.resources.provenance) == (None, "estimated")


def test_numbers_that_place_and_route_did_not_find_say_so(on_board: Report, report: Report) -> None:
    origins = {key: one.provenance for key, one in on_board.provenance.items() if "implementation" in key}
    assert origins == {
        "implementation.check": "counted",
        "implementation.check.exit_cycles": "simulated",
        "implementation.configuration_bits": "counted",
        "implementation.exits": "simulated",
        "implementation.exits[].wire_us": "estimated",
        "implementation.exits[].link_frames_per_s": "estimated",
    }
    assert not [key for key in report.provenance if "implementation" in key]


def test_the_page_shows_file_clock_resources_and_times(on_board: Report) -> None:
    page = render(on_board)
    text = words(page)
    for figure in (
        "Folded to fit its chip",
        "On the board place and route ulx3s-85f.bit for ulx3s-85f",
        "LFE5U-85F-6BG381C",
        "100 MHz ; the slowest path allows 104.2 MHz. 110 MHz were asked for first.",
        "the fastest of 2 placements",
        "used 8,361 6,000 52 39 of the part's 83,640 (10.0 %) 83,640 (7.2 %) 208 (25.0 %) 156 (25.0 %)",
        "exit 0 1,300 13.0 2,800 76,923 361",
        "exit 1 2,600 26.0 2,950 38,462 357",
        "last at 3 Mbaud",
        "4 test frames through the placed netlist, serial line and host program included: 60 integers equal",
        "76,543 bits and memory words",
        "3.5 ns logic, 6.2 ns wires, from trunk0.a to trunk0.b",
        "openFPGALoader --board ulx3s ulx3s-85f.bit , then offramp classify RUN IMAGES --device serial:PORT",
        "the whole chip place and route 8,361 52 39 0",
    ):
        assert figure in text, figure
    assert "Clock missed" not in text
    assert 'class="origin place-and-route"' in page
    assert render(on_board) == page


def test_a_missed_clock_warns(tmp_path: Path) -> None:
    clock = {"asked": 100.0, "value": 90.0, "fmax": 81.5, "met": False}
    text = words(render(board_report(tmp_path, changed("clock_mhz", to=clock))))
    assert "Clock missed. The bitstream asks for 90 MHz and reaches 81.5 MHz" in text


def test_paths_that_are_too_short_warn(tmp_path: Path) -> None:
    report = board_report(tmp_path, changed("hold_violations", to=3))
    assert "Paths that may be too short. By the model of the tool that routed it, 3 of them" in words(
        render(report)
    )
    assert report.implementation is not None
    assert "warning: 3 paths may be too short (hold)" in report.implementation.summary


def test_an_exit_that_no_frame_of_the_netlist_took(tmp_path: Path) -> None:
    late = {**IMPLEMENTATION["exits"][1], "chip_cycles": None, "chip_us": None, "wire_us": None}
    late["chip_frames_per_s"] = None
    text = words(render(board_report(tmp_path, changed("exits", 1, to=late))))
    assert "exit 1 – – – – 357" in text


def test_what_vivado_reported(tmp_path: Path) -> None:
    report = board_report(tmp_path, VIVADO)
    assert report.resources.provenance == "Vivado"
    assert report.provenance["implementation.power"].provenance == "Vivado"
    report.save(tmp_path)
    assert Report.load(tmp_path) == report
    text = words(render(report))
    for figure in (
        "On the board Vivado pynq-z2.bit for pynq-z2 (xc7z020clg400-1): 100 MHz",
        "Vivado 2024.2.",
        "used 12,345 23,456 17 31 of the part's 53,200 (23.2 %)",
        "1.79 W , of which 1.27 W are the processor's and 0.22 W static; confidence medium, activity assumed",
        "The netlist was not simulated",
        "the whole chip Vivado 12,345 17 31 0",
        "The whole chip has DMAs and interconnects as well",
        "Vivado of the very bitstream, by the tool that placed and routed it",
    ):
        assert figure in text, figure
    for other in ("netlist against software", "unpacked", "load it", "openFPGALoader"):
        assert other not in text, other


def test_a_board_whose_loader_is_not_known(tmp_path: Path) -> None:
    assert "load it" not in words(render(board_report(tmp_path, changed("load", to=None))))


def test_without_a_bitstream_there_is_nothing_about_boards(report: Report) -> None:
    assert report.implementation is None
    page = render(report)
    for word in (HEADING, ".bit<", "place and route", "openFPGALoader", "the whole chip", "fit its chip"):
        assert word not in page, word


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (
            ("clock_mhz", "fmax"),
            0,
            "implementation.json: clock_mhz.fmax; expected greater than 0",
        ),
        (("check", "compared"), 0, "json: check.compared; expected"),
        (("provenance",), "guessed", "json: provenance; expected"),
        (("resources", "LUT4", "used"), -1, "json: resources.LUT4.used; expected"),
    ],
)
def test_damage_is_named(keys: tuple[str, ...], value: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError) as caught:
        board_report(tmp_path, changed(*keys, to=value))
    assert message in str(caught.value)
