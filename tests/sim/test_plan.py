"""Command lines and digests, without running a tool."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from toolkit.core.errors import BadOption
from toolkit.core.stream import Stream
from toolkit.sim import RtlDesign, Trace
from toolkit.sim.builder import check_ports
from toolkit.sim.options import BuildOptions
from toolkit.sim.plan import defines, design_digest, render_ports, verilator_arguments

TOOLS = ("5.048", "12.2.0", "native")
HEADER = """
    VL_IN8(&ap_clk,0,0);
    VL_IN8(&ap_rst_n,0,0);
    VL_IN8(&in0_V_tvalid,0,0);
    VL_OUT8(&in0_V_tready,0,0);
    VL_INW(&in0_V_tdata,79,0,3);
    VL_OUT8(&out0_V_tvalid,0,0);
    VL_IN8(&out0_V_tready,0,0);
    VL_OUT(&out0_V_tdata,23,0);
"""


def make_design(folder: Path) -> RtlDesign:
    folder.mkdir()
    (folder / "include").mkdir()
    (folder / "include" / "widths.svh").write_text("`define W 8\n")
    (folder / "a.sv").write_text("package a; endpackage\n")
    (folder / "top.sv").write_text("module top; endmodule\n")
    (folder / "weights.dat").write_text("0\n")
    return RtlDesign(
        top="top",
        sources=(folder / "a.sv", folder / "top.sv"),
        inputs=(Stream("in0_V", 8, False, 10, 784),),
        outputs=(Stream("out0_V", 18, True, 1, 10),),
        include_dirs=(folder / "include",),
        data_dir=folder,
        defines={"FAST": None, "WIDTH": "4"},
        parameters={"PE": 3, "NAME": "x"},
    )


def test_arguments(tmp_path: Path) -> None:
    design = make_design(tmp_path / "one")
    options = BuildOptions(observe=True, stall_inside=True, trace=Trace.FST, random_start=True)
    arguments = verilator_arguments(design, options, Path("/build"))
    one = tmp_path / "one"
    assert arguments[-5:] == ["--Mdir", "/build", f"-I{one}/include", f"{one}/a.sv", f"{one}/top.sv"]
    for wanted in ("--assert", "-DFAST", "-DWIDTH=4", "-GPE=3", '-GNAME="x"', "--trace-fst"):
        assert wanted in arguments
    assert arguments[arguments.index("--x-initial") + 1] == "unique"
    assert {"-DVM_TRACE=1", "-DVM_TRACE_FST=1", "-DVM_TRACE_VCD=0"} <= set(defines(options))
    plain = verilator_arguments(design, BuildOptions(), Path("/build"))
    assert not any("OFFRAMP" in word or "trace" in word for word in plain)


def test_the_digest_is_of_contents(tmp_path: Path) -> None:
    design, options = make_design(tmp_path / "one"), BuildOptions()
    digest = design_digest(design, options, TOOLS)
    assert design_digest(make_design(tmp_path / "elsewhere"), options, TOOLS) == digest
    (tmp_path / "one" / "weights.dat").write_text("1\n")
    assert design_digest(design, options, TOOLS) == digest  # read at run time

    others = [
        design_digest(dataclasses.replace(design, parameters={"PE": 4, "NAME": "x"}), options, TOOLS),
        design_digest(dataclasses.replace(design, defines={"FAST": None}), options, TOOLS),
        design_digest(dataclasses.replace(design, sources=design.sources[::-1]), options, TOOLS),
        design_digest(dataclasses.replace(design, outputs=(Stream("o", 18, True, 1, 10),)), options, TOOLS),
        design_digest(design, BuildOptions(observe=True), TOOLS),
        design_digest(design, BuildOptions(trace=Trace.VCD), TOOLS),
        design_digest(design, options, ("5.049", *TOOLS[1:])),
    ]
    (tmp_path / "one" / "include" / "widths.svh").write_text("`define W 9\n")
    others.append(design_digest(design, options, TOOLS))
    (tmp_path / "one" / "top.sv").write_text("module top;  endmodule\n")
    others.append(design_digest(design, options, TOOLS))
    assert len({digest, *others}) == len(others) + 1


def test_binding_names_every_port(tmp_path: Path) -> None:
    text = render_ports(make_design(tmp_path / "one"))
    assert '{"in0_V", &top.in0_V_tdata, 10,' in text
    assert '{"out0_V", &top.out0_V_tdata, 3,' in text
    assert "&top.out0_V_tvalid, &top.out0_V_tready}" in text


def test_ports_are_compared(tmp_path: Path) -> None:
    design = make_design(tmp_path / "one")
    check_ports(design, HEADER)
    for change, message in [
        (
            ("79,0,3", "71,0,3"),
            "port in0_V_tdata of module top; expected input of 80 bits; found input of 72",
        ),
        (("VL_IN8(&out0_V_tready", "VL_OUT8(&out0_V_tready"), "expected input of 1 bits; found output of 1"),
        (
            ("&ap_rst_n", "&reset"),
            "port ap_rst_n of module top; expected input of 1 bits; found no such port",
        ),
        (("VL_OUT8(&out0_V_tvalid", "VL_OUT8(&out1_V_tvalid,0,0);\nVL_OUT8(&out0_V_tvalid"), "out1_V_tvalid"),
    ]:
        with pytest.raises(BadOption, match=message):
            check_ports(design, HEADER.replace(*change))
