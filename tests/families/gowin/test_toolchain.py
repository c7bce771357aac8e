"""The toolchain of the GW2A, without its programs: commands, clocks, pins, resources, reports."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.boards import board
from toolkit.core.errors import ArtifactError, DoesNotFit, PinMismatch, ToolMissing, UnsupportedVersion
from toolkit.core.templates import render
from toolkit.core.tools import Tool
from toolkit.families import family
from toolkit.families.ecp5.estimate import Ecp5Estimator
from toolkit.families.gowin import netlist, plan, pll, rams, rpll, tools
from toolkit.families.gowin.constraints import cst
from toolkit.families.gowin.estimate import LUTS, GowinEstimator
from toolkit.families.gowin.pins import GowinTable
from toolkit.families.ports import TopPort
from toolkit.families.shape import Shape
from toolkit.families.toolchain import Oscillator
from toolkit.implement.build import check_fit
from toolkit.implement.clocks import offered, start_clock

BOARD = board("tang-nano-20k")
NANO: GowinTable = BOARD.table
TOOLS = family("gowin").toolchains["open"]
TOOL = Tool("tool", ("tool",), "1")
DESIGN = {
    **{name: TopPort("input", 1) for name in ("clk", "reset", "serial_rx")},
    **{"serial_tx": TopPort("output", 1), "led": TopPort("output", 6)},
}


@dataclass(frozen=True)
class Sources:
    path: Path = Path()
    top: str = "top"
    sources: tuple[str, ...] = ("a.sv", "b.sv")
    data: tuple[str, ...] = ()
    digest: str = ""


def test_commands() -> None:
    synthesis = plan.synthesis(Sources(), TOOL)
    script = synthesis.texts[plan.SCRIPT]
    assert f"--top top {rpll.FILE} a.sv b.sv" in script
    assert script.index("select -assert-none") < script.index("synth_gowin")
    assert all("-noalu" in line for line in script.splitlines() if line.startswith("synth_gowin"))
    assert synthesis.texts.keys() == {plan.SCRIPT, rpll.FILE, rams.FILE, rams.MAP}
    placed = plan.place_and_route(NANO, "pins", 108.0, 3, TOOL)
    line = " ".join(placed.arguments)
    assert "--device GW2AR-LV18QN88C8/I7 --vopt family=GW2A-18C --vopt cst=pins.cst" in line
    assert "--freq 108 --timing-allow-fail --seed 3" in line
    packed, unpacked = plan.pack(NANO, TOOL), plan.unpack(NANO, TOOL)
    assert packed.arguments == ("--compress", "-d", "GW2A-18C", "-o", "board.fs", "routed.json")
    assert packed.results == unpacked.inputs == (TOOLS.files.bitstream,)
    assert set(packed.inputs) < set(placed.results)


def test_clocks_of_the_board() -> None:
    known = offered(BOARD)
    assert known[0] == Oscillator(27.0), "without a PLL: 27 MHz / 9 is 3 Mbaud"
    assert [clock.mhz for clock in known[1:]] == [36, 48, 54, 60, 63, 66, 72, 75, 81, 90, 99, 108, 120]
    assert start_clock(BOARD, None).mhz == 54


@given(st.sampled_from([12.0, 24.0, 25.0, 27.0, 50.0]), st.integers(4, 400))
def test_dividers_are_legal_and_exact(oscillator: float, mhz: int) -> None:
    """Gowin DS226, checked in integers of kHz, another way than the code does."""
    found = pll.dividers(oscillator, mhz)
    if found is None:
        return
    khz = round(oscillator * 1000)
    assert khz * found.multiplier == mhz * 1000 * found.divider
    assert 500_000 <= mhz * 1000 * found.output_divider <= 1_250_000
    assert 3_000 * found.divider <= khz
    assert {found.multiplier - 1, found.divider - 1} <= set(range(64)), "the cell's values"
    assert found.output_divider in (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)


def test_a_clock_that_the_loop_cannot_make() -> None:
    assert pll.dividers(27.0, 54.0) == pll.Rpll(27.0, 2, 1, 16)
    assert pll.dividers(27.0, 55.5) is None
    assert pll.dividers(27.0, 1.0) is None, "the VCO would be too slow"


def test_the_clock_generator() -> None:
    chip = Path(plan.__file__).parents[2] / "chip"
    template = TOOLS.folder / "clock.sv.j2"
    made = render(template, chip, clock=pll.dividers(27.0, 60.0))
    assert ".IDIV_SEL(8)," in made
    assert ".FBDIV_SEL(19)," in made
    assert Fraction(27) * 20 / 9 == 60
    direct = render(template, chip, clock=Oscillator(27.0))
    assert "rPLL" not in direct
    assert "assign clk_sys = clk;" in direct


def test_constraints() -> None:
    sites = {pin.site for pins in NANO.ports.values() for pin in pins}
    lines = cst("nano", NANO, DESIGN, sites, ("led", "serial_tx")).splitlines()
    assert 'IO_LOC "clk" 4;' in lines
    assert 'IO_LOC "led[5]" 20;' in lines
    assert 'IO_PORT "reset" IO_TYPE=LVCMOS33 PULL_MODE=DOWN;' in lines
    assert len(lines) == 2 * 10
    assert NANO.lights_active == "low"
    message = "pin of serial_tx on nano; expected a site of GW2AR-LV18QN88C8/I7; found 69"
    with pytest.raises(PinMismatch, match=message):
        cst("nano", NANO, DESIGN, sites - {"69"}, ("led", "serial_tx"))


@pytest.mark.parametrize(
    ("key", "value"), [("device", "GW1NR-LV9QN88PC6/I5"), ("chip", "GW1N-9C"), ("clock", {"site": "4A"})]
)
def test_other_parts_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=key):
        GowinTable.model_validate({**NANO.model_dump(), key: value})


def test_needs_of_a_netlist() -> None:
    cells = {"LUT4": 3, "LUT1": 1, "RAM16SDP4": 1, "DFFRE": 5, "DFF": 2, "SP": 1, "DPX9B": 1, "IBUF": 2}
    needs = netlist.needs({**cells, "MULT9X9": 2, "MULT18X18": 1, "rPLL": 1})
    assert needs == {"lut": 12, "ff": 7, "bram": 2, "dsp": 4}
    with pytest.raises(DoesNotFit, match=r"97 multipliers \(9x9\) \(1 too many\)"):
        check_fit({**needs, "dsp": 97}, BOARD)


def test_estimates_are_larger_than_the_ecp5s() -> None:
    shape = Shape(
        "mvau", 8, 2, 16, 2, {"MW": 4, "MH": 4, "PE": 2, "SIMD": 2, "resType": "dsp", "weight_bits": 4}
    )
    like, found = Ecp5Estimator().of_shape(shape), GowinEstimator().of_shape(shape)
    assert found.lut >= LUTS * like.lut - LUTS > like.lut
    assert (found.bram, found.dsp) == (like.bram, like.dsp)
    wide = Shape("mvau", 16, 2, 32, 2, shape.attributes)
    assert GowinEstimator().of_shape(wide).dsp == 2 * like.dsp, "18x18 is two of 9x9"


def _report(folder: Path, wanted: float, reached: float) -> None:
    ends = {"cell": "a", "port": "Q"}
    hops = [
        {"type": kind, "delay": ns, "from": ends, "to": ends}
        for kind, ns in (("logic", 2.0), ("routing", 5.0))
    ]
    kinds = ("LUT4", "RAM16SDP4", "DFF", "BSRAM", "MULT9X9", "MULT18X18")
    use = {kind: {"used": i + 1, "available": 100 * (i + 1)} for i, kind in enumerate(kinds)}
    report = {
        "fmax": {"clk_sys": {"constraint": wanted, "achieved": reached}},
        "critical_paths": [{"from": "posedge clk_sys", "to": "posedge clk_sys", "path": hops}],
        "utilization": {**use, "DUMMY_CELL": {"used": 3, "available": 0}},
    }
    (folder / plan.REPORT).write_text(json.dumps(report))


@pytest.mark.parametrize(("reached", "met"), [(108.0, True), (107.0, False)])
def test_a_clock_is_met_with_a_margin(
    tmp_path: Path, reached: float, met: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "nextpnr_gowin", lambda: TOOL)
    assert "--freq 108 " in " ".join(TOOLS.place_and_route(NANO, "", 54.0, 1).arguments)
    _report(tmp_path, 108.0, reached)
    found = TOOLS.routed(tmp_path, "Info: 3 Hold/min time violations", 54.0)
    assert (found.clock.wanted_mhz, found.clock.reached_mhz, found.met) == (54, reached / 2, met)
    assert found.hold_violations == 3
    used = {name: (one.used, one.available) for name, one in found.use.items()}
    assert used == {"LUT4": (17, 100), "DFF": (3, 300), "BSRAM": (4, 400), "MULT9X9": (17, 500)}
    assert set(used) == {name.key for name in family("gowin").names}
    with pytest.raises(ArtifactError, match=r"expected one of 27 MHz"):
        TOOLS.routed(tmp_path, "", 27.0)


def test_missing_tools_say_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match=r"nextpnr for Gowin is missing.*pip install \.\[gowin\]"):
        tools.nextpnr_gowin()
    with pytest.raises(ToolMissing, match=r"Apicula is missing.*pip install \.\[gowin\]"):
        tools.gowin_pack()


def test_an_old_apicula_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.32")
    with pytest.raises(UnsupportedVersion, match=r"Apicula is too old; expected >= 0\.35; found 0\.32"):
        tools.gowin_pack()
