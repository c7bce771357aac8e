"""The models of the GW2A's cells: netlists that Yosys makes of RTL compute the same, cycle by cycle."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.families.ecp5 import cells
from tests.rtl import accept
from toolkit.core.artifact import read_json
from toolkit.core.errors import SimulationError, ToolFailed
from toolkit.core.stream import Stream
from toolkit.families.gowin import plan
from toolkit.families.gowin.simulation import CELLS, cell_models
from toolkit.families.yosys import NETLIST
from toolkit.implement.netlist import netlist_design
from toolkit.sim import RtlDesign, build

pytestmark = pytest.mark.sim

BLOCK_RAMS = ("SP", "SPX9", "SDPB", "SDPX9B", "DPB", "DPX9B")
UNITS = (
    *cells.UNITS,
    *(cells.memory("dual", bits, 2 * bits, "", "both", "wa", "ra", "d") for bits in (2, 4)),
)
"""Also memories with two ports that are too narrow for parity."""


def output(design: RtlDesign, cache: Path) -> np.ndarray:
    """Output of every frame but the first, in which registers may still be as they started: at random."""
    simulator = build(design, cache_dir=cache, quick=True, random_start=True)
    return simulator.run({"in0_V": cells.stimuli(24, 1)}, jobs=1).outputs["out0_V"][1:]


def test_netlist_is_the_rtl(tmp_path: Path, simulators: Path) -> None:
    design = cells.design(tmp_path, UNITS)
    netlist = cells.synthesise(design, tmp_path / "synthesis", plan.synthesis)
    expected = output(design, simulators)
    assert len(np.unique(expected)) > 1000, "it was not idle"
    assert np.array_equal(output(netlist_design(design, netlist, cell_models()), simulators), expected)

    found = list(read_json(netlist.parent / NETLIST)["modules"]["units"]["cells"].values())
    kinds = Counter(cell["type"] for cell in found)
    assert set(BLOCK_RAMS) <= kinds.keys(), "every kind was there"
    assert kinds["MULT9X9"] >= 3
    assert kinds["MULT18X18"] >= 3
    assert not {"ALU", "MUX2_LUT5"} & kinds.keys(), "no carry cells, which compute wrongly on the chip"
    assert {cell["parameters"].get("RESET_MODE") for cell in found} >= {"SYNC", "ASYNC"}
    modes = {int(cell["parameters"]["WRITE_MODE"], 2) for cell in found if cell["type"].startswith("SP")}
    assert modes == {0, 1, 2}

    broken = tmp_path / "broken.v"
    flipped = re.sub(r"(?<=\.INIT_RAM_00\()(288'h[0-9a-f]*)([0-9a-f])", _lowest, netlist.read_text())
    broken.write_text(flipped)
    try:
        other = output(netlist_design(design, broken, cell_models()), simulators)
    except SimulationError:
        return
    assert not np.array_equal(other, expected), "one bit of each memory, some of which are only read"


def _lowest(found: re.Match[str]) -> str:
    """The number with its lowest bit changed."""
    return f"{found.group(1)}{int(found.group(2), 16) ^ 1:x}"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("SP #(.READ_MODE(1)) ram (.CLK(ap_clk))", "output registers"),
        ("DPB #(.BIT_WIDTH_1(9)) ram (.CLKA(ap_clk))", "widths must be 1, 2, 4, 8, 16"),
        ("SDPX9B #(.BIT_WIDTH_0(8)) ram (.CLKA(ap_clk))", "widths must be 9, 18, 36"),
        ('SPX9 #(.RESET_MODE("NONE")) ram (.CLK(ap_clk))', "RESET_MODE must be"),
        ("MULT9X9 #(.OUT_REG(1)) product (.CLK(ap_clk))", "OUT_REG"),
    ],
)
def test_other_modes_are_refused(tmp_path: Path, given: str, message: str) -> None:
    top = tmp_path / "top.sv"
    into, out = Stream("in0_V", 8, False, 1, 1), Stream("out0_V", 8, False, 1, 1)
    ports = "input logic ap_clk, ap_rst_n, output logic in0_V_tready, input logic in0_V_tvalid, out0_V_tready"
    more = "input logic [7:0] in0_V_tdata, output logic [7:0] out0_V_tdata, output logic out0_V_tvalid"
    top.write_text(f"module top ({ports}, {more});\n  {given};\nendmodule\n")
    with pytest.raises(ToolFailed, match=message):
        build(
            RtlDesign("top", (*cell_models().sources, top), (into,), (out,), include_dirs=(CELLS,)),
            cache_dir=tmp_path / "cache",
        )


@pytest.mark.parametrize("top", sorted(path.stem for path in CELLS.glob("*.sv")))
def test_models_are_clean(top: str) -> None:
    sources = [CELLS / "gowin_block_ram.sv"] if top in BLOCK_RAMS else []
    assert accept.verilator(top, [*sources, CELLS / f"{top}.sv"]) == []
