"""Our arithmetic of a matrix-vector product beside FINN+'s: the same sums in the same cycles, or held."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.compile import rtl_library
from tests.rtl import accept
from toolkit.compile.rtllib import copy_library
from toolkit.compose.sizing import PRODUCT
from toolkit.core.errors import SimulationError
from toolkit.core.stream import Stream
from toolkit.sim import RtlDesign, StallPattern, build

RTL = Path(__file__).parents[2] / "toolkit" / "rtl" / "mvu.sv"
LANES = 10  # of 32 random bits each


@dataclass(frozen=True)
class Core:
    """One size of the core; ``version`` says what ours makes products of."""

    version: int
    pe: int
    simd: int
    weight: int
    activation: int
    signed: int

    @property
    def parameters(self) -> dict[str, int | str]:
        bits = {"WEIGHT_WIDTH": self.weight, "ACTIVATION_WIDTH": self.activation}
        accumulator = self.weight + self.activation + 12
        return {
            **{"PE": self.pe, "SIMD": self.simd, "ACCU_WIDTH": accumulator},
            **bits,
            **{"SIGNED_ACTIVATIONS": self.signed, "NARROW_WEIGHTS": 0},
        }

    def pair(self, number: int, sums: bool) -> str:
        """Both cores on the same random bits, and the assertion that they agree, in time and in ``sums``."""
        w, a = self.pe * self.simd * self.weight, self.simd * self.activation
        assert w + a + 2 <= 32 * LANES
        p, name = self.pe * int(self.parameters["ACCU_WIDTH"]), f"c{number}"
        values = ", ".join(f".{key}({value})" for key, value in self.parameters.items())
        given = f".w(bits[{w - 1}:0]), .a(bits[{w + a - 1}:{w}]), .last, .zero, .en(enable)"
        same = f"!{name}v || {name}p == {name}fp" if sums else "1"
        return f"""
  logic {name}v, {name}fv; logic [{p - 1}:0] {name}p, {name}fp;
  mvu #(.VERSION({self.version}), {values}) {name}(
    .clk(ap_clk), .rst(restart), {given}, .vld({name}v), .p({name}p));
  mvu_finn #(.VERSION(2), .FORCE_BEHAVIORAL(1), {values}) {name}f(
    .clk(ap_clk), .rst(restart), {given}, .vld({name}fv), .p({name}fp));
  always_ff @(posedge ap_clk)
    assert (!ap_rst_n || ({name}v == {name}fv && ({same})))
    else $error("{self} differs");"""


SHARED = [
    *(((pe, simd), (4, 4, 0)) for pe, simd in itertools.product((1, 2, 3, 5), (1, 2, 3))),
    *(((3, 3), bits) for bits in ((4, 8, 0), (4, 8, 1), (2, 2, 0), (2, 3, 1), (3, 3, 1), (8, 2, 1))),
    *[((2, 7), (8, 8, 0)), ((7, 5), (2, 2, 1)), ((3, 13), (4, 3, 0))],
]
"""Sizes and bits of cores whose rows share multipliers: full and rest of a group, one to six rows of it."""
CORES = [
    *(Core(v, 1, simd, 4, 4, 0) for v, simd in itertools.product((1, 2), (1, 2, 25))),
    *(Core(v, 2, 3, *bits) for v, bits in itertools.product((1, 2), [(4, 8, 0), (2, 3, 1), (8, 2, 1)])),
    *(Core(0, *sizes, *bits) for sizes, bits in SHARED),
]


def bench(folder: Path, ours: str, cores: Sequence[Core], *, sums: bool) -> RtlDesign:
    """The cores in one wrapper that passes its input on."""
    folder.mkdir(exist_ok=True)
    sources = list(copy_library(folder, [f for f in rtl_library.MVU if "mvu_vvu" not in f]))
    finn = next(path for path in sources if path.name == "mvu.sv")
    finn.write_text(
        finn.read_text().replace("module mvu #", "module mvu_finn #").replace(": mvu\n", ": mvu_finn\n")
    )
    (folder / "ours.sv").write_text(ours)
    stream = Stream("in0", 32, False, LANES, 200)
    ports = "\n".join(
        f"  {side} logic [{32 * LANES - 1}:0] {name}_tdata, {side} logic {name}_tvalid,\n"
        f"  {back} logic {name}_tready,"
        for name, side, back in (("in0", "input", "output"), ("out0", "output", "input"))
    )
    text = f"""module bench (
{ports}
  input logic ap_clk, input logic ap_rst_n);
  logic [{32 * LANES - 1}:0] bits;
  logic last, zero, taken, enable, restart;
  logic [6:0] random;  // one cycle in four or so without enable
  always_ff @(posedge ap_clk) random <= !ap_rst_n ? 7'd1 : {{random[5:0], random[6] ^ random[5]}};
  assign enable = random[1:0] != 2'd0;
  assign restart = !ap_rst_n || random == 7'd77;  // a reset of one cycle, again and again
  assign {{out0_tdata, out0_tvalid, in0_tready}} = {{in0_tdata, in0_tvalid, out0_tready}};
  assign bits = in0_tdata;
  assign taken = in0_tvalid && in0_tready;
  assign zero = enable && (!taken || bits[{32 * LANES - 1}:{32 * LANES - 2}] == 0);
  assign last = taken && bits[{32 * LANES - 3}:{32 * LANES - 4}] == 0;
{"".join(core.pair(i, sums) for i, core in enumerate(cores))}
endmodule
"""
    (folder / "bench.sv").write_text(text)
    out = Stream("out0", 32, False, LANES, 200)
    return RtlDesign("bench", (*sources, folder / "ours.sv", folder / "bench.sv"), (stream,), (out,))


def run(folder: Path, ours: str, cores: Sequence[Core], simulators: Path, *, sums: bool = True) -> None:
    values = np.random.default_rng(1).integers(0, 1 << 32, (20, 200, LANES))
    simulator = build(bench(folder, ours, cores, sums=sums), cache_dir=simulators, quick=True)
    simulator.run({"in0": values}, stalls=StallPattern(0.2, 0.2, seed=1), jobs=1)


@pytest.mark.sim
def test_agrees_with_finn_in_every_cycle(tmp_path: Path, simulators: Path) -> None:
    run(tmp_path, RTL.read_text(), CORES, simulators)


@pytest.mark.sim
def test_the_stand_in_for_sizing_takes_the_same_time(tmp_path: Path, simulators: Path) -> None:
    with pytest.raises(SimulationError, match="differs"):
        run(tmp_path / "sums", PRODUCT.read_text(), [CORES[4]], simulators)
    run(tmp_path / "times", PRODUCT.read_text(), CORES, simulators, sums=False)


@pytest.mark.sim
@pytest.mark.parametrize(
    ("right", "wrong", "core"),
    [
        ("- (DIGIT_BITS'(high) << 1)", "+ (DIGIT_BITS'(high) << 1)", CORES[8]),
        ("(live[DEPTH-1] ? ACCU_WIDTH'(sum) : '0)", "ACCU_WIDTH'(sum)", CORES[4]),
        ("DEPTH = 4 + LEVELS", "DEPTH = 5 + LEVELS", CORES[4]),
        ("LACKS && PAIR && waiting", "LACKS && !PAIR && waiting", Core(0, 3, 3, 4, 4, 0)),
        ("PAIR ? 2*s+1 : 2*s]", "2*s]", Core(0, 3, 3, 4, 4, 0)),
        ("LACKS && live[DEPTH-1] && lack", "LACKS && lack", Core(0, 3, 3, 4, 4, 0)),
        ("assign borrow = digits", "assign borrow = !digits", Core(0, 3, 3, 4, 4, 0)),
    ],
)
def test_a_mistake_shows(tmp_path: Path, simulators: Path, right: str, wrong: str, core: Core) -> None:
    text = RTL.read_text()
    assert text.count(right) == 1
    with pytest.raises(SimulationError, match="differs"):
        run(tmp_path, text.replace(right, wrong), [core], simulators)


@pytest.mark.parametrize("core", [CORES[0], CORES[5], CORES[7], CORES[-1]])
def test_accepted(core: Core) -> None:
    parameters = {**core.parameters, "VERSION": core.version}
    assert accept.verilator("mvu", [RTL], parameters) == []
    assert accept.slang("mvu", [RTL], parameters) == []
