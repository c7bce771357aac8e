"""The models of the 7 series' cells: netlists that Yosys makes of RTL compute the same, cycle by cycle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.families.ecp5 import cells
from tests.rtl import accept
from toolkit import rtl
from toolkit.core.artifact import read_json
from toolkit.core.errors import SimulationError, ToolFailed
from toolkit.core.stream import Stream
from toolkit.families.shape import Shape
from toolkit.families.structural import Memory
from toolkit.families.xc7 import plan
from toolkit.families.xc7.estimate import Xc7Estimator
from toolkit.families.xc7.simulation import CELLS, cell_models
from toolkit.families.yosys import NETLIST
from toolkit.implement.netlist import netlist_design
from toolkit.sim import RtlDesign, build

pytestmark = pytest.mark.sim

LARGE = (
    *(cells.memory("rom", bits, bits, "", "ra", narrow=-1) for bits in (2, 9, 36)),
    *(cells.memory("simple", bits, bits, "", "we", "wa", "ra", "d", narrow=-1) for bits in (4, 18, 36)),
    *(cells.memory("wider", bits, 4 * bits, "", "we", "wa", "part", "d", narrow=-1) for bits in (9, 18)),
    cells.memory("single", 9, 9, ", .MODE(1)", "we", "wa", "d", narrow=-1),
    cells.memory("cleared", 18, 18, ", .ASYNC(0)", "rst", "we", "wa", "ra", "d", narrow=-1),
    cells.memory("dual", 18, 36, "", "both", "wa", "ra", "d", narrow=-1),
)
"""Memories that just fill one RAMB36E1; :data:`cells.UNITS` fill a RAMB18E1, and have the multipliers."""


def output(design: RtlDesign, cache: Path) -> np.ndarray:
    """Output of every frame but the first, in which registers may still be as they started: at random."""
    simulator = build(design, cache_dir=cache, quick=True, random_start=True)
    return simulator.run({"in0_V": cells.stimuli(24, 1)}, jobs=1).outputs["out0_V"][1:]


@pytest.mark.parametrize("large", [False, True])
def test_netlist_is_the_rtl(tmp_path: Path, simulators: Path, large: bool) -> None:
    design = cells.design(tmp_path, LARGE if large else cells.UNITS, blocks=2 if large else 1)
    netlist = cells.synthesise(design, tmp_path / "synthesis", plan.synthesis)
    expected = output(design, simulators)
    assert len(np.unique(expected)) > 1000, "it was not idle"
    assert np.array_equal(output(netlist_design(design, netlist, cell_models()), simulators), expected)

    found = read_json(netlist.parent / NETLIST)["modules"]["units"]["cells"].values()
    kinds = [cell["type"] for cell in found]
    assert kinds.count("RAMB36E1" if large else "RAMB18E1") >= len(LARGE)
    assert large or kinds.count("DSP48E1") >= 5
    assert {cell["parameters"].get("RAM_MODE") for cell in found} >= {"TDP", "SDP"}

    text, start = netlist.read_text(), ".INIT_00(256'h"
    at = text.index(start) + len(start) + 63
    broken = tmp_path / "broken.v"
    broken.write_text(f"{text[:at]}{int(text[at], 16) ^ 1:x}{text[at + 1 :]}")
    try:
        other = output(netlist_design(design, broken, cell_models()), simulators)
    except SimulationError:
        return
    assert not np.array_equal(other, expected), "one bit of a memory"


SHARED = """module shared (
  input logic ap_clk, ap_rst_n,
  input logic [95:0] in0_V_tdata, input logic in0_V_tvalid, output logic in0_V_tready,
  output logic [127:0] out0_V_tdata, output logic out0_V_tvalid, input logic out0_V_tready
);
  assign in0_V_tready = out0_V_tready;
  always_ff @(posedge ap_clk) out0_V_tvalid <= ap_rst_n && in0_V_tvalid;
  logic taken, last, zero, vld, valid;
  assign taken = in0_V_tvalid && in0_V_tready;
  assign last = taken && in0_V_tdata[95:94] == 0;
  assign zero = !taken;
  logic [3:0][15:0] p;
  logic [35:0] word;
  mvu #(.VERSION(0), .PE(4), .SIMD(3), .WEIGHT_WIDTH(4), .ACTIVATION_WIDTH(4), .ACCU_WIDTH(16)) product (
    .clk(ap_clk), .rst(!ap_rst_n), .en(1'b1), .w(in0_V_tdata[47:0]), .a(in0_V_tdata[59:48]),
    .last, .zero, .vld, .p);
  offramp_weights #(.WIDTH(36), .DEPTH(100), .INIT_FILE("words.dat")) weights (
    .clk(ap_clk), .rst_n(ap_rst_n), .m_data(word), .m_valid(valid), .m_ready(taken));
  assign out0_V_tdata = 128'({valid, word, vld, p});
endmodule
"""


def test_rows_share_multipliers_and_weights_are_block_rams(tmp_path: Path, simulators: Path) -> None:
    """As :mod:`toolkit.families.xc7.estimate` counts them; the netlist computes what the RTL does."""
    (top := tmp_path / "shared.sv").write_text(SHARED)
    (data := tmp_path / "data").mkdir()
    words = np.random.default_rng(1).integers(0, 1 << 36, 100)
    (data / "words.dat").write_text("\n".join(f"{word:x}" for word in words))
    sources = tuple(rtl.FOLDER / name for name in ("mvu.sv", "offramp_weights.sv"))
    into, out = Stream("in0_V", 32, False, 3, cells.BEATS), Stream("out0_V", 32, False, 4, cells.BEATS)
    design = RtlDesign("shared", (*sources, top), (into,), (out,), data_dir=data)
    netlist = cells.synthesise(design, tmp_path / "synthesis", plan.synthesis)
    expected = output(design, simulators)
    assert len(np.unique(expected[..., :2])) > 1000
    assert np.array_equal(output(netlist_design(design, netlist, cell_models()), simulators), expected)
    found = read_json(netlist.parent / NETLIST)["modules"]["shared"]["cells"].values()
    kinds = [cell["type"] for cell in found]
    shape = Shape("mvau", 4, 3, 16, 4, {"PE": 4, "SIMD": 3, "resType": "dsp", "weight_bits": 4})
    assert kinds.count("DSP48E1") == Xc7Estimator().multipliers(shape) == 6
    assert kinds.count("RAMB18E1") == Xc7Estimator().block_rams(Memory(100, 36, True)) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [("DOA_REG(1)", "output registers"), ("READ_WIDTH_A(5)", "widths must be"), ("READ_WIDTH_A(36)", "SDP")],
)
def test_other_modes_are_refused(tmp_path: Path, given: str, message: str) -> None:
    top = tmp_path / "top.sv"
    cell = f"RAMB18E1 #(.{given}) ram (.CLKARDCLK(ap_clk));"
    into, out = Stream("in0_V", 8, False, 1, 1), Stream("out0_V", 8, False, 1, 1)
    ports = "input logic ap_clk, ap_rst_n, output logic in0_V_tready, input logic in0_V_tvalid, out0_V_tready"
    more = "input logic [7:0] in0_V_tdata, output logic [7:0] out0_V_tdata, output logic out0_V_tvalid"
    top.write_text(f"module top ({ports}, {more});\n  {cell}\nendmodule\n")
    with pytest.raises(ToolFailed, match=message):
        build(RtlDesign("top", (*cell_models().sources, top), (into,), (out,)), cache_dir=tmp_path / "cache")


@pytest.mark.parametrize("top", ["RAMB18E1", "RAMB36E1", "PLLE2_ADV", "BUFG", "LUT3", "LUT4", "LUT5", "LUT6"])
def test_models_are_clean(top: str) -> None:
    sources = [CELLS / "xc7_block_ram.sv"] if "RAMB" in top else []
    assert accept.verilator(top, [*sources, CELLS / f"{top}.sv"]) == []
