"""Command lines and scripts, to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.implement.blink import blink
from toolkit.boards import board
from toolkit.core.tools import Tool
from toolkit.families.ecp5 import plan
from toolkit.families.ecp5.pins import Ecp5Table
from toolkit.families.ecp5.pll import Pll
from toolkit.families.yosys import verilog

TOOL = Tool("tool", ("python", "-c", "start"), "1.2")


def flow(**changes: object) -> Ecp5Table:
    ulx3s = board("ulx3s-85f").table
    assert ulx3s is not None
    return Ecp5Table.model_validate({**ulx3s.model_dump(), **changes})


def test_synthesis(tmp_path: Path) -> None:
    step = plan.synthesis(blink(tmp_path, Pll(25, 5, 12, 10)), TOOL)
    assert step.texts["synthesis.ys"] == (
        "read_slang --threads 1 --ignore-timing --ignore-assertions -Wno-undefined-param-override "
        "-D SYNTHESIS -D FINN_SIMULATION --top offramp_top ehxplll.sv rtl/top.sv\n"
        "proc\n"
        "tee -q -o latches.txt select -list t:$dlatch t:$adlatch t:$dlatchsr\n"
        "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr\n"
        "setattr -set keep 1 w:*near_* %ci:+[Q] w:* %d\n"
        "synth_ecp5 -top offramp_top -json netlist.json\n"
        "tee -q -o stat.json stat -json\n"
    )
    command = step.line(Path("/w"))
    assert command == ("env", "YOWASP_MOUNT=/=/w", "TMPDIR=/w", "python", "-c", "start", "synthesis.ys")
    assert step.results == ("netlist.json", "stat.json")


def test_netlist_for_simulation() -> None:
    step = verilog(TOOL)
    assert step.arguments == (
        *("-q", "-p"),
        "read_json netlist.json; splitnets; select -set ports i:* o:* %u; rename -hide w:* @ports %d; "
        "write_verilog -noattr simulated.v",
    )
    assert step.results == ("simulated.v",)


@pytest.mark.parametrize(
    ("device", "option"),
    [
        ("LFE5U-85F", "--85k"),
        ("LFE5U-12F", "--12k"),
        ("LFE5UM-45F", "--um-45k"),
        ("LFE5UM5G-25F", "--um5g-25k"),
    ],
)
def test_place_and_route(device: str, option: str) -> None:
    step = plan.place_and_route(flow(device=device), "pins", 60.0, 3, TOOL)
    said = (
        f"{option} --package CABGA381 --speed 6 --json netlist.json --lpf pins.lpf --textcfg design.config "
        "--report report.json --freq 60 --timing-allow-fail --seed 3"
    )
    assert step.arguments == tuple(said.split())
    assert step.texts == {"pins.lpf": "pins"}


def test_pack_and_unpack() -> None:
    ulx3s = flow()
    assert plan.pack(ulx3s, TOOL).arguments == (
        *("--compress", "--freq", "62.0", "design.config", "design.bit"),
    )
    assert plan.unpack(TOOL).arguments == ("design.bit", "unpacked.config")


def test_the_key_of_a_step_is_all_it_depends_on() -> None:
    def key(mhz: float = 60, seed: int = 1, lpf: str = "pins", version: str = "1.2") -> tuple[object, ...]:
        return plan.place_and_route(flow(), lpf, mhz, seed, Tool("tool", ("x",), version)).key

    assert key() == key()
    assert len({str(one) for one in (key(), key(50), key(seed=2), key(lpf="x"), key(version="2"))}) == 5


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("2. Executing SLANG frontend.", 1),
        ("3. Executing SYNTH_ECP5 pass.", 2),
        ("3.46. Executing ABC9 pass.", 5),
        ("3.46.1. Executing ABC9_OPS pass (helper functions for ABC9).", None),
        ("3.5. Executing CHECK pass (checking for obvious problems).", None),
        ("", None),
    ],
)
def test_phases_of_synthesis(tmp_path: Path, line: str, number: int | None) -> None:
    assert plan.synthesis(blink(tmp_path, Pll(25, 5, 12, 10)), TOOL).phase(line) == number


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("Info: Packing LUT5-7s...", 1),
        ("Info: Creating initial analytic placement for 41 cells, random placement wirelen = 6.", 2),
        ("Info: Routing globals...", 4),
        ("Info: Routing 40636 arcs.", None),
    ],
)
def test_phases_of_place_and_route(line: str, number: int | None) -> None:
    assert plan.place_and_route(flow(), "pins", 60.0, 3, TOOL).phase(line) == number
