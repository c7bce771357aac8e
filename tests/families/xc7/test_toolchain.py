"""The open toolchain of the 7 series, without its programs: commands, clocks, pins, reports."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from tests.families.xc7 import made_up
from toolkit.boards import board, names
from toolkit.core.errors import ArtifactError, PinMismatch, ToolMissing
from toolkit.core.tools import Tool
from toolkit.families import family
from toolkit.families.ports import TopPort
from toolkit.families.xc7 import netlist, plan, pll, tools
from toolkit.families.xc7.assemble import assembler
from toolkit.families.xc7.pins import Xc7Table

ARTY = board("arty-a7-35t").table
TOOLS = family("xc7").toolchains["open"]
TOOL = Tool("tool", ("tool",), "1")
DESIGN = {
    **{name: TopPort("input", 1) for name in ("clk", "reset", "serial_rx")},
    **{"serial_tx": TopPort("output", 1), "led": TopPort("output", 4)},
}


@dataclass(frozen=True)
class Sources:
    path: Path = Path()
    top: str = "top"
    sources: tuple[str, ...] = ("a.sv", "b.sv")
    data: tuple[str, ...] = ()
    digest: str = ""


def test_boards_of_the_open_tools() -> None:
    assert {name for name in names() if "open" in board(name).tables and board(name).family == "xc7"} == {
        *("arty-a7-35t", "arty-a7-100t", "pynq-z2", "pynq-z2-mmio")
    }
    z2 = {tools: board("pynq-z2", tools=tools).link for tools in ("vivado", "open")}
    assert z2 == {"vivado": "axi_dma", "open": "serial"}, "the link is a fact of the tools"
    assert board("pynq-z2").tools == "vivado", "as before"
    assert board("arty-a7-100t").table.ports == ARTY.ports


def test_commands() -> None:
    synthesis = plan.synthesis(Sources(), TOOL)
    script = synthesis.texts[plan.SCRIPT]
    assert "--top top a.sv b.sv" in script
    assert script.index("select -assert-none") < script.index("synth_xilinx -family xc7 -abc9 -top top")
    placed = plan.place_and_route(ARTY, "pins", 100.0, 3, TOOL)
    line = " ".join(placed.arguments)
    assert "--device xc7a35tcsg324-1" in line
    assert "--freq 100 --timing-allow-fail --seed 3" in line
    assert placed.results == ("design.fasm", "timing.json", "placed.json")
    first, second, third = (
        plan.assemble(Path("/db/artix7"), "xc7a1", assembler()),
        plan.pack(Path("/db/artix7/xc7a1/part.yaml"), "xc7a1", TOOL),
        plan.unpack(Path("/db/artix7/xc7a1/part.yaml"), TOOL),
    )
    assert first.results == (*second.inputs, plan.WIDTHS)
    assert second.results == third.inputs == (TOOLS.files.bitstream,)


def test_the_assembler_has_the_version_of_its_sources(tmp_path: Path) -> None:
    assert assembler().version == assembler().version
    assert len(assembler().version) == 12


@pytest.mark.parametrize("oscillator", [100.0, 125.0, 12.0])
def test_clocks_are_exact_and_within_the_limits(oscillator: float) -> None:
    found = pll.ladder(oscillator)
    for one in found:
        exact = Fraction(oscillator) * one.multiplier / one.divider / one.output_divider
        assert exact == one.exact_mhz
        assert 800 <= one.vco_mhz <= 1600
        assert 19 <= oscillator / one.divider <= 450
        assert one.multiplier in range(2, 65)
    assert bool(found) == (oscillator >= 19), "a slower oscillator is below the phase detector's range"


def test_a_clock_of_the_arty() -> None:
    assert pll.dividers(100.0, 80.0) == pll.Plle2(100.0, 12, 1, 15)
    assert pll.dividers(100.0, 33.3) is None


def test_constraints() -> None:
    sites = {pin.site for pins in ARTY.ports.values() for pin in pins}
    text = netlist.xdc("arty", ARTY, DESIGN, sites, ("led", "serial_tx"))
    lines = text.splitlines()
    assert "set_property LOC E3 [get_ports clk]" in lines, "nextpnr knows ports of one bit without braces"
    assert "set_property LOC T9 [get_ports {led[2]}]" in lines
    assert len([line for line in lines if "IOSTANDARD LVCMOS33" in line]) == 8
    with pytest.raises(PinMismatch, match="pin of serial_tx on arty; expected a site of xc7a35tcsg324-1"):
        netlist.xdc("arty", ARTY, DESIGN, sites - {"D10"}, ("led", "serial_tx"))


def test_other_voltages_are_refused() -> None:
    values = ARTY.model_dump()
    values["clock"]["io_type"] = "LVCMOS18"
    with pytest.raises(ValueError, match="LVCMOS33"):
        Xc7Table.model_validate(values)


def test_needs_of_a_netlist() -> None:
    cells = {
        "LUT6": 3,
        "RAM32M": 1,
        "FDRE": 5,
        "RAMB36E1": 1,
        "RAMB18E1": 1,
        "IBUF": 2,
        "PLLE2_ADV": 1,
        "BUFG": 1,
    }
    assert netlist.needs(cells) == {"lut": 7, "ff": 5, "bram": 3, "dsp": 0}


def _report(folder: Path, wanted: float, reached: float) -> None:
    ends = {"cell": "a", "port": "Q"}
    hops = [
        {"type": kind, "delay": ns, "from": ends, "to": ends}
        for kind, ns in (("logic", 2.0), ("routing", 5.0))
    ]
    kinds = ("SLICE_LUTX", "SLICE_FFX", "RAMB18E1_RAMB18E1", "RAMB36E1_RAMB36E1", "DSP48E1_DSP48E1")
    use = {kind: {"used": 4, "available": 10 * (i + 1)} for i, kind in enumerate(kinds)}
    report = {
        "fmax": {"clk_sys": {"constraint": wanted, "achieved": reached}},
        "critical_paths": [{"from": "posedge clk_sys", "to": "posedge clk_sys", "path": hops}],
        "utilization": {**use, "DCIRESET": {"used": 0, "available": 0}},
    }
    (folder / plan.REPORT).write_text(json.dumps(report))


@pytest.mark.parametrize(("reached", "met"), [(125.0, True), (124.0, False)])
def test_a_clock_is_met_with_a_margin(tmp_path: Path, reached: float, met: bool) -> None:
    assert " --freq 125 " in f"{' '.join(_placed(100.0))} ".replace("'", "")
    _report(tmp_path, 125.0, reached)
    found = TOOLS.routed(tmp_path, "", 100.0)
    assert (found.clock.wanted_mhz, found.clock.reached_mhz, found.met) == (100, reached / 1.25, met)
    assert found.path.routing_ns == 5
    used = {name: (one.used, one.available) for name, one in found.use.items()}
    assert used == {"LUT": (4, 5), "FF": (4, 20), "BRAM18": (12, 30), "DSP": (4, 50)}
    assert set(used) == {name.key for name in family("xc7").names}
    with pytest.raises(ArtifactError, match=r"expected one of 50 MHz"):
        TOOLS.routed(tmp_path, "", 50.0)


@pytest.mark.parametrize(
    ("log", "paths"),
    [("", 0), ("Info: 12 Hold/min time violations (showing 10 worst paths):\nWarning: Hold/min ...", 12)],
)
def test_paths_that_are_too_short_are_counted(tmp_path: Path, log: str, paths: int) -> None:
    _report(tmp_path, 125.0, 125.0)
    assert TOOLS.routed(tmp_path, log, 100.0).hold_violations == paths


def _placed(mhz: float) -> tuple[str, ...]:
    return plan.place_and_route(ARTY, "", mhz * 1.25, 1, TOOL).arguments


def test_missing_tools_say_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for find in (tools.nextpnr_xilinx, tools.frames2bit, tools.bitread):
        with pytest.raises(
            ToolMissing, match=r"scripts/container\.sh build-bitstream.*apt-get install nextpnr-him"
        ):
            find()
    monkeypatch.setenv(tools.DATABASE_VARIABLE, str(tmp_path))
    with pytest.raises(
        ToolMissing, match=r"database of xc7a35tcsg324-1 is missing.*apt-get install prjxray-database"
    ):
        tools.database("xc7a35tcsg324-1")
    made_up.write(tmp_path / "artix7")
    assert tools.database(made_up.PART) == tmp_path / "artix7"
