"""A small design through the real tools."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.implement.blink import TOP, blink
from toolkit.boards import board
from toolkit.core.errors import ToolFailed, VerificationMismatch
from toolkit.core.process import execute
from toolkit.families.ecp5 import plan, tools
from toolkit.families.ecp5.configuration import compare, read
from toolkit.families.ecp5.pll import Pll
from toolkit.families.toolchain import DesignSources
from toolkit.implement import Bitstream, build_bitstream
from toolkit.implement.clocks import clock_of

ULX3S = board("ulx3s-85f")
CLOCK = clock_of(ULX3S, 60)
assert isinstance(CLOCK, Pll)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Bitstream:
    folder = tmp_path_factory.mktemp("blink")

    def system(pll: object) -> DesignSources:
        assert pll == CLOCK
        return blink(folder / "system", CLOCK)

    return build_bitstream(system, ULX3S, CLOCK, folder / "out", cache_dir=cache)


def test_a_blinking_board(found: Bitstream) -> None:
    assert found.met
    assert found.fmax_mhz > 60
    assert found.routed.use["DP16KD"].used == 1
    assert found.routed.use["MULT18X18D"].used == 1
    assert 0 < found.routed.use["LUT4"].used < 100
    assert found.compared.bits > 2000
    assert found.compared.memory_words == 2048
    head = found.bit.read_bytes()[:200]
    assert b"Part: LFE5U-85F-6CABGA381" in head
    assert Bitstream.load(found.path) == found


def test_the_pll_has_its_dividers(found: Bitstream) -> None:
    # slang drops parameters of cells that Yosys declares: then the board would run at another clock.
    (pll,) = re.findall(r"EHXPLLL #\((.*?)\) pll ", found.netlist.read_text(), re.DOTALL)
    values = dict(re.findall(r"\.(\w+)\((?:32'd)?\"?(\w+)\"?\)", pll))
    assert {key: values[key] for key in ("CLKI_DIV", "CLKFB_DIV", "CLKOP_DIV", "CLKOP_CPHASE")} == {
        "CLKI_DIV": "5",
        "CLKFB_DIV": "12",
        "CLKOP_DIV": "10",
        "CLKOP_CPHASE": "9",
    }
    assert "Derived frequency constraint of 60.0 MHz" in (found.path / "place-and-route-1.log").read_text()


@pytest.mark.slow
def test_one_bit_more_in_the_bitstream_is_found(found: Bitstream, cache: Path, tmp_path: Path) -> None:
    (configuration,) = cache.glob(f"bitstreams/*/{plan.CONFIGURATION}")
    text = configuration.read_text()
    look_up = re.search(r"word: SLICE\w\.K0\.INIT (\d+)", text)
    assert look_up is not None
    digit = "1" if look_up.group(1)[-1] == "0" else "0"
    changed = text[: look_up.end() - 1] + digit + text[look_up.end() :]
    (tmp_path / plan.CONFIGURATION).write_text(changed)
    for step in (plan.pack(ULX3S.table, tools.ecppack()), plan.unpack(tools.ecpunpack())):
        execute(step, tmp_path, tmp_path / "log")
    database = tools.trellis_database(tools.ecppack())
    unpacked = read(tmp_path / plan.UNPACKED)
    assert compare(read(tmp_path / plan.CONFIGURATION), unpacked, database).bits > 2000
    with pytest.raises(VerificationMismatch, match=r"tile R\d+C\d+:PLC2"):
        compare(read(configuration), unpacked, database)


def test_a_latch_is_refused_and_named(tmp_path: Path) -> None:
    latch = "  always_comb if (reset) serial_tx = serial_rx;\n"
    text = TOP.replace("  assign serial_tx = serial_rx ^ p[15];\n", latch.replace("comb", "latch"))
    assert text != TOP
    design = blink(tmp_path / "system", CLOCK, text)
    with pytest.raises(
        ToolFailed, match=r"synthesis of offramp_top; expected no latch; found offramp_top/\S+\."
    ):
        build_bitstream(lambda pll: design, ULX3S, CLOCK, tmp_path / "out", cache_dir=tmp_path / "cache")


def test_a_design_that_yosys_refuses(tmp_path: Path) -> None:
    design = blink(tmp_path / "system", CLOCK, TOP.replace("count + 1'b1", "missing"))
    with pytest.raises(
        ToolFailed, match=r"synthesis by yosys .*use of undeclared identifier 'missing'"
    ) as caught:
        build_bitstream(lambda pll: design, ULX3S, CLOCK, tmp_path / "out", cache_dir=tmp_path / "cache")
    assert str(tmp_path / "out" / "synthesis.log") in caught.value.fix
    assert not list((tmp_path / "out").glob("*.bit"))


@pytest.mark.slow
def test_the_same_sources_give_the_same_bitstream(found: Bitstream, tmp_path: Path) -> None:
    system = blink(tmp_path / "system", CLOCK)
    again = build_bitstream(lambda pll: system, ULX3S, CLOCK, tmp_path / "out", cache_dir=tmp_path / "cache")
    assert again.digests == found.digests
    names = {path.name for path in found.path.iterdir() if path.suffix != ".log"}
    assert names == {path.name for path in again.path.iterdir() if path.suffix != ".log"}
    for name in names:
        assert (again.path / name).read_bytes() == (found.path / name).read_bytes(), name


@pytest.mark.slow
def test_a_clock_out_of_reach_is_lowered(tmp_path: Path) -> None:
    slow = TOP.replace("p <= a * b;", "p <= a * b * count[15:0] * count[31:16];")
    found = build_bitstream(
        lambda pll: blink(tmp_path / f"system{pll.mhz:g}", pll, slow),
        ULX3S,
        clock_of(ULX3S, 150),
        tmp_path / "out",
        seeds=2,
        cache_dir=tmp_path / "cache",
    )
    assert found.asked_mhz == 150
    assert found.mhz <= found.missed["150"] < 150
    assert json.loads((found.path / "bitstream.json").read_text())["mhz"] == found.mhz
    assert len(found.seeds) == 2


@pytest.mark.slow
def test_orangecrab(tmp_path: Path) -> None:
    text = TOP.replace(", output logic [7:0] led, output logic [0:0] high", ", output logic [2:0] rgb")
    text = text.replace("led <= memory", "light <= memory").replace("high = 1'b1", "rgb = light[2:0]")
    text = text.replace("(reset ||", "(!reset ||")
    text = text.replace("  logic [31:0] count;", "  logic [7:0] light;\n  logic [31:0] count;")
    found = build_bitstream(
        lambda pll: blink(tmp_path / "system", pll, text),
        board("orangecrab-85f"),
        clock_of(board("orangecrab-85f"), 100),
        tmp_path / "out",
        cache_dir=tmp_path / "cache",
    )
    assert found.met
    assert b"Part: LFE5U-85F-8CSFBGA285" in found.bit.read_bytes()[:200]
