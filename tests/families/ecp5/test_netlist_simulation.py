"""The models of the ECP5's cells: netlists that Yosys makes of RTL compute the same, cycle by cycle."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Compiled
from tests.families.ecp5 import cells
from tests.rtl import accept
from toolkit.core.artifact import read_json
from toolkit.core.errors import SimulationError, ToolFailed
from toolkit.core.stream import Stream
from toolkit.families.ecp5 import plan
from toolkit.families.ecp5.simulation import CELLS, cell_models
from toolkit.implement.netlist import netlist_design as made_of
from toolkit.sim import RtlDesign, StallPattern, build

pytestmark = pytest.mark.sim

FRAMES = 24
SMALL = (cells.UNITS[3], cells.UNITS[12], cells.UNITS[-1])  # block RAMs, LUTs and a multiplier


def netlist_design(design: RtlDesign, file: Path) -> RtlDesign:
    """The design made of the cells of its netlist."""
    return made_of(design, file, cell_models())


@dataclass(frozen=True)
class Bench:
    """A design, its netlist, and what the RTL gives for the stimuli."""

    design: RtlDesign
    netlist: Path
    expected: np.ndarray
    cache: Path

    def run(self, design: RtlDesign) -> np.ndarray:
        """Output of another design with the same ports, all of whose state starts at random where it can."""
        simulator = build(design, cache_dir=self.cache, quick=True, random_start=True)
        return simulator.run({"in0_V": cells.stimuli(FRAMES, 1)}, jobs=1).outputs["out0_V"]

    def is_right(self, design: RtlDesign) -> bool:
        """Whether a design computes what the RTL does; wrong handshakes count as well."""
        try:
            return np.array_equal(self.run(design), self.expected)
        except SimulationError:
            return False


def bench(folder: Path, units: tuple[cells.Unit, ...], cache: Path) -> Bench:
    design = cells.design(folder, units)
    rtl = build(design, cache_dir=cache, quick=True)
    expected = rtl.run({"in0_V": cells.stimuli(FRAMES, 1)}, jobs=1).outputs["out0_V"]
    return Bench(design, cells.synthesise(design, folder / "synthesis"), expected, cache)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory, simulators: Path) -> Bench:
    return bench(tmp_path_factory.mktemp("everything"), cells.UNITS, simulators)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, simulators: Path) -> Bench:
    return bench(tmp_path_factory.mktemp("small"), SMALL, simulators)


def test_netlist_is_the_rtl(everything: Bench) -> None:
    assert len(np.unique(everything.expected)) > 1000  # it was not idle
    assert everything.is_right(netlist_design(everything.design, everything.netlist))


def test_every_mode_was_there(everything: Bench) -> None:
    """Widths of the ports, what a port reads while it writes, and resets."""
    module = read_json(everything.netlist.parent / plan.NETLIST)["modules"]["units"]
    found = [cell["parameters"] for cell in module["cells"].values() if cell["type"] == "DP16KD"]
    widths = {tuple(int(p[f"DATA_WIDTH_{port}"], 2) for port in "AB") for p in found}
    assert widths >= {(1, 1), (2, 2), (4, 4), (9, 9), (18, 18), (36, 36), (1, 18), (1, 4), (4, 18)}
    modes = {p.get("WRITEMODE_A") for p in found}
    assert modes >= {"NORMAL", "WRITETHROUGH", "READBEFOREWRITE"}
    assert {p["RESETMODE"] for p in found} == {"SYNC", "ASYNC"}


def _flipped(text: str, pattern: str) -> str:
    """The netlist with the lowest bit of the first such hexadecimal number changed."""
    found = re.search(pattern, text)
    assert found is not None
    at = found.end() - 1
    return text[:at] + f"{int(text[at], 16) ^ 1:x}" + text[at + 1 :]


@pytest.mark.parametrize("pattern", [r"\.INITVAL_00\(320'h[0-9a-f]+", r"\.INIT\(16'h[0-9a-f]{4}"])
def test_one_bit_of_the_netlist(small: Bench, tmp_path: Path, pattern: str) -> None:
    """The comparison sees one bit of a block RAM, and one of a LUT."""
    assert small.is_right(netlist_design(small.design, small.netlist))
    broken = tmp_path / "broken.v"
    broken.write_text(_flipped(small.netlist.read_text(), pattern))
    assert not small.is_right(netlist_design(small.design, broken))


def test_other_modes_are_refused(small: Bench, tmp_path: Path) -> None:
    """Parameters and pins that have no model: nothing is simulated without them."""
    text = small.netlist.read_text()
    for old, new, message in [
        ("MULT18X18D ", 'MULT18X18D #(.REG_OUTPUT_CLK("CLK0")) ', "REG_OUTPUT_CLK"),
        (".SIGNEDA(", ".CLK0(ap_clk), .SIGNEDA(", "CLK0"),
        (".RESETMODE(", '.DIA0MUX("0"), .RESETMODE(', "DIA0MUX"),
    ]:
        assert old in text
        other = tmp_path / "other.v"
        other.write_text(text.replace(old, new, 1))
        with pytest.raises(ToolFailed, match=message):
            build(netlist_design(small.design, other), cache_dir=tmp_path / "cache")


ILLEGAL = {
    "REGMODE_A": '"OUTREG"',
    "CSDECODE_B": '"0b001"',
    "WRITEMODE_B": '"READ"',
    "DATA_WIDTH_A": "5",
    "CLKBMUX": '"CLKA"',
    "RESETMODE": '"ASYNC"',  # alone
    "GSR": '"ENABLED"',
}


@pytest.mark.parametrize("name", ILLEGAL)
def test_parameters_of_the_block_ram(name: str) -> None:
    said = accept.verilator("DP16KD", [CELLS / "DP16KD.sv"], {name: ILLEGAL[name]})
    assert any("USERERROR" in line and "DP16KD: " in line for line in said)


@pytest.mark.parametrize("path", [CELLS / f"{name}.sv" for name in ("DP16KD", "LUT4", "MULT18X18D")])
def test_models_pass_lint(path: Path) -> None:
    assert accept.verilator(path.stem, [path]) == []


def test_lut_is_yosys_lut(tmp_path: Path, simulators: Path) -> None:
    """All 16 inputs of LUTs with a single bit set, a single bit clear, and random ones."""
    ours = tmp_path / "ours.sv"
    ours.write_text((CELLS / "LUT4.sv").read_text().replace("module LUT4", "module ours"))
    bits = [1 << i for i in range(16)]
    inits = [*bits, *(0xFFFF ^ bit for bit in bits), *np.random.default_rng(1).integers(0, 1 << 16, 32)]
    lines = [
        f"  {module} #(.INIT(16'h{init:x})) {module}{i} (.A(in0_V_tdata[0]), .B(in0_V_tdata[1]), "
        f".C(in0_V_tdata[2]), .D(in0_V_tdata[3]), .Z(out0_V_tdata[{64 * k + i}]));"
        for k, module in enumerate(("ours", "LUT4"))
        for i, init in enumerate(inits)
    ]
    top = tmp_path / "luts.sv"
    top.write_text(
        "module luts (input logic ap_clk, ap_rst_n, input logic [7:0] in0_V_tdata, input logic in0_V_tvalid, "
        "output logic in0_V_tready, output logic [127:0] out0_V_tdata, output logic out0_V_tvalid, "
        "input logic out0_V_tready);\n  assign in0_V_tready = out0_V_tready && ap_rst_n;\n"
        "  assign out0_V_tvalid = in0_V_tvalid && ap_rst_n;\n" + "\n".join(lines) + "\nendmodule\n"
    )
    streams = Stream("in0_V", 4, False, 1, 16), Stream("out0_V", 1, False, 128, 16)
    here = RtlDesign("luts", (top,), streams[:1], streams[1:])
    cells_sim = netlist_design(here, top)
    design = replace(here, sources=(ours, cells_sim.sources[-2], top), include_dirs=cells_sim.include_dirs)
    simulator = build(design, cache_dir=simulators, quick=True)
    found = simulator.run({"in0_V": np.arange(16).reshape(1, 16, 1)}, jobs=1).outputs["out0_V"][0]
    expected = np.array([[int(init) >> i & 1 for init in inits] for i in range(16)])
    assert np.array_equal(found, np.hstack([expected, expected]))


MUTANTS = {
    "DP16KD": [
        ("INITVAL[(i / 2) * 20 + (i % 2) * 9 +: 9]", "INITVAL[i * 10 +: 9]"),
        ("address[2:0] & ~3'(BITS - 1)", "3'd0"),
        ("(COUNT == 1 || address[u])", "1'b1"),
        ('!(write && MODE == "NORMAL")', "1'b1"),
        ("(data[u] << offset) & hit[u]", "bits & hit[u]"),
        ("{di_b, di_a}", "{di_a, di_b}"),
        ("gen_port[1].q;", "{gen_port[1].q[1:0], gen_port[1].q[3:2]};"),
        ("gen_port[1].q[1:0];", "{gen_port[1].q[0], gen_port[1].q[1]};"),
        ("gen_port[0].q[1:0];", "gen_port[1].q[1:0];"),
        ("p == 0 ? RSTA : RSTB", "1'b0"),
        ("p == 0 ? WEA : WEB && !WIDE", "p == 0"),
        ("CEB && {CSB2, CSB1, CSB0} == '0", "1'b1"),
    ],
    "MULT18X18D": [("SIGNEDA && A17", "A17"), ("SIGNEDB && B17", "1'b0")],
}


def _with_mutants(module: str) -> str:
    """The model with every mutant in it; a file read at run time tells which one is active."""
    text = (CELLS / f"{module}.sv").read_text()
    for i, (old, new) in enumerate(MUTANTS[module], 1 + (module == "MULT18X18D") * len(MUTANTS["DP16KD"])):
        assert text.count(old) == 1, old
        stop = ";" if old.endswith(";") else ""
        text = text.replace(old, f"(mutant[0] == {i} ? {new.rstrip(';')} : {old.rstrip(';')}){stop}")
    declared = '\n  logic [7:0] mutant[1];\n  initial $readmemh("mutant.dat", mutant);\n'
    return re.sub(r"\n\);\n", lambda found: found.group() + declared, text, count=1).replace(
        "initial begin\n    for", 'initial begin\n    $readmemh("mutant.dat", mutant);\n    for'
    )


@pytest.mark.slow
def test_mutants_of_the_models(everything: Bench, tmp_path: Path) -> None:
    models = {f"{module}.sv": tmp_path / f"{module}.sv" for module in MUTANTS}
    for module in MUTANTS:
        (tmp_path / f"{module}.sv").write_text(_with_mutants(module))
    design = netlist_design(everything.design, everything.netlist)
    design = replace(design, sources=tuple(models.get(path.name, path) for path in design.sources))
    same = []
    for number in range(1 + sum(map(len, MUTANTS.values()))):
        chosen = tmp_path / f"mutant{number}"
        chosen.mkdir()
        (chosen / "mutant.dat").write_text(f"{number:x}\n")
        if everything.is_right(replace(design, data_dir=chosen)):
            same.append(number)
    assert same == [0]


@pytest.mark.slow
def test_netlist_of_a_network(tiny: Compiled, tmp_path: Path, simulators: Path) -> None:
    """An exit path with its thresholds and weights, under stalls: frames and all beats as in RTL."""
    design = tiny.compose(1, tmp_path / "path").design()
    netlist = netlist_design(design, cells.synthesise(design, tmp_path / "synthesis"))
    images = tiny.images.transpose(0, 2, 3, 1)
    frames = {"in0_V": images.reshape(len(images), design.inputs[0].beats, design.inputs[0].lanes)}
    rtl = build(design, cache_dir=simulators, quick=True)
    gates = build(netlist, cache_dir=simulators, quick=True, random_start=True)
    for pattern in ("none", "both", "bursts"):
        expected, found = (
            each.run(frames, stalls=StallPattern.named(pattern), jobs=1) for each in (rtl, gates)
        )
        assert np.array_equal(found.outputs["out0_V"], expected.outputs["out0_V"])
        assert np.array_equal(found.last_out, expected.last_out)
