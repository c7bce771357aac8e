"""Sources that reach outside themselves are refused by file, line and word; ours are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from toolkit.core.contained import require_contained, require_images
from toolkit.core.errors import ForeignCode
from toolkit.families.xc7.simulation import CELLS

HOSTILE = {
    "a program": 'initial $system("id");',
    "a program, pasted": "`define P(a, b) $``a``b\ninitial `P(sys, tem)(1);",
    "a program, pasted behind a name": "`define T tem\ninitial $sys`T(1);",
    "a program, pasted behind an allowed name": "`define T tem\ninitial $past`T(1);",
    "a program, over two lines": '`define P $sys\\\ntem("id")',
    "a program behind an empty macro": '`define E\ninitial `E$system("id");',
    "a program after a comment": '/* */ initial $system("id"); // fine',
    "a program behind a string": r'string s = "\" // "; initial $system("id");',
    "a program behind an escaped name": 'wire \\a" ; initial $system("id"); wire \\b" ;',
    "a program behind an escaped comment": 'wire \\a/* ; initial $system("id"); wire \\b*/ ;',
    "a program behind three quotes": 'string s = """a"b"""; initial $system("x"); string t = "";',
    "a program behind a carriage return": '// fine\rinitial $system("id");',
    "a program in a function": 'x = $clog2(4) + $system("id");',
    "a file opened": 'integer f; initial f = $fopen("x", "w");',
    "a file written": 'initial $fwrite(32\'h80000003, "x");',
    "a file shown": "initial $fdisplay(f);",
    "a file read": "initial $fread(a, f);",
    "a memory written": 'initial $writememh("x", m);',
    "a recording": 'initial $dumpfile("/tmp/x"); initial $dumpvars;',
    "C": '$c("system(1);");',
    "C, pure": "x = $cpure(1);",
    "a function in C": 'import "DPI-C" function int system(input string s);',
    "a function for C": 'export "DPI-C" function f;',
    "a function in C, by macro": '`define I import\n`I "DPI-C" function int system(input string s);',
    "a function in C, string by macro": '`define S(x) `"x`"\nimport `S(DPI-C) function int system();',
    "an include of any path": '`include "/etc/passwd"',
    "an include outside": '`include "../x.svh"',
    "an include of nothing": '`include "missing.svh"',
    "an include of too long a name": f'`include "{"n" * 300}.svh"',
    "an include in angles": "`include <beside.svh>",
    "an include by macro": '`define F "beside.svh"\n`include `F',
    "C in a header": "`systemc_header\nint x;\n`verilog",
    "C in a constructor": "`systemc_ctor\nsystem(1);\n`verilog",
    "C in a header, as if it were a macro": "`ifdef NO\n`define systemc_header x\n`endif\n`systemc_header",
    "settings of the tool": '`verilator_config\nlint_off -file "*"',
    "another file's name": '`line 1 "/etc/passwd" 0',
    "C for another engine": '(* cxxrtl_template = "int x; }" *) wire a;',
    "a zero": "wire a;\0",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_reaches_outside_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "beside.svh").touch()
    file = tmp_path / "design.sv"
    file.write_bytes(f"module design;\n{HOSTILE[name]}\nendmodule\n".encode())
    with pytest.raises(ForeignCode, match=r"design.sv, line [2-6]; expected .*; found .*do not trust it"):
        require_contained([file], [tmp_path])


def test_what_a_design_needs_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "beside.svh").write_text("`define WIDTH 3\n")
    file = tmp_path / "design.sv"
    file.write_text(
        """\
`default_nettype none
`include "beside.svh"
module design #(parameter FILE = "./weights.dat", int W = $clog2(`WIDTH)) (input wire clk);
    // $system("in a comment") is not run, nor `this
    /* import "DPI-C"
       verilator lint_off WIDTH */
    wire \\name.with$odd[1] ; logic [`GIVEN-1:0] memory [4]; int q [$]; assign q[0] = q[$];
    initial $readmemh(FILE, memory);
    initial if (W == 9) $error("$system(\\"%m\\") // %0d", $bits(memory));
    final begin $display("`tick"); $finish; end
endmodule
"""
    )
    require_contained([file, tmp_path / "beside.svh"], [tmp_path], {"GIVEN"})


def test_our_own_sources_pass() -> None:
    """Except what the simulator itself adds to a design's queues, which talks to its harness in C++."""
    rtl = {*(ROOT / "toolkit").rglob("*.sv"), *(ROOT / "toolkit").rglob("*.svh")}
    sources = [file for file in rtl if "sim/rtl" not in file.as_posix()]
    assert len(sources) > 20
    for folder in {file.parent for file in sources}:
        beside = [file for file in sources if file.parent == folder]
        require_contained(beside, [folder], {"OFFRAMP_QUEUE", "OFFRAMP_PORT"})


@pytest.mark.parametrize("name", ['"a.dat"s', '"./a-1.b.dat"s', 'std::string{"a.dat"}'])
def test_an_image_in_the_designs_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "one.cpp").write_text(f"VL_READMEM_N(true, 24, 25, 0, {name}\n , &(x), 0, ~0ULL);")
    require_images(tmp_path)


@pytest.mark.parametrize(
    "name", ['"/etc/passwd"s', '"../a"s', '"a/b"s', '"./../a"s', '".a"s', "VL_CVT_PACK_STR_NI(x)", 'a + "b"s']
)
def test_an_image_elsewhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "one.cpp").write_text(f"VL_READMEM_N(true, 24, 25, 0, {name}\n , &(x), 0, ~0ULL);")
    with pytest.raises(ForeignCode, match="a memory image; expected the constant name") as error:
        require_images(tmp_path)
    assert error.value.found == name


def test_only_models_of_the_package_may_call_a_simulation(tmp_path: Path) -> None:
    """The same text elsewhere is refused."""
    require_contained([model := CELLS / "PS7.sv"])
    (copy := tmp_path / "PS7.sv").write_text(model.read_text())
    with pytest.raises(ForeignCode, match=r'expected no functions in C; found "DPI-C"'):
        require_contained([copy])
