"""FINN+'s matrix-vector unit behind a stalled consumer: its output queue overruns unless repaired."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.compile import rtl_library as library
from toolkit.compile.rtllib import copy_library, library_root
from toolkit.core.errors import SimulationError
from toolkit.core.stream import Stream
from toolkit.sim import RtlDesign, StallPattern, build

pytestmark = pytest.mark.sim

AXI = "mvu/mvu_vvu_axi.sv"
ASSERTION = "Overflowing output queue"
BITS, VECTORS, PE = 8, 50, 2
STALLS = StallPattern(output_stall=0.6, burst=50, seed=3)


@dataclass(frozen=True)
class Unit:
    """A fully unfolded or folded unit with constant weights.

    ``fold`` input beats of ``simd`` values make an output, so with fold 1 it emits in every cycle.
    """

    name: str
    module: str
    simd: int
    fold: int

    @property
    def source(self) -> Stream:
        return Stream(f"{self.name}In", BITS, False, self.simd, self.fold * VECTORS)

    @property
    def target(self) -> Stream:
        return Stream(f"{self.name}Out", 32, True, PE, VECTORS)

    def weights(self) -> np.ndarray:
        """``[fold, pe, simd]``"""
        rng = np.random.default_rng(self.simd)
        return rng.integers(-127, 128, (self.fold, PE, self.simd))

    def reference(self, values: np.ndarray) -> np.ndarray:
        beats = values.reshape(len(values), VECTORS, self.fold, self.simd)
        return np.einsum("fvbs,bps->fvp", beats, self.weights())

    def instance(self) -> str:
        width = PE * self.simd * BITS
        beats = [sum((int(w) & 255) << (8 * i) for i, w in enumerate(beat.flat)) for beat in self.weights()]
        n, cases = self.name, "".join(f"{i}: {self.name}W = {width}'h{b:x}; " for i, b in enumerate(beats))
        return f"""
  logic [{width - 1}:0] {n}W; logic {n}Taken; int {n}Beat;
  always_comb case ({n}Beat) {cases} default: {n}W = '0; endcase
  always_ff @(posedge ap_clk)
    if (!ap_rst_n) {n}Beat <= 0;
    else if ({n}Taken) {n}Beat <= {n}Beat == {self.fold - 1} ? 0 : {n}Beat + 1;
  {self.module} #(.IS_MVU(1), .VERSION(1), .MW({self.simd * self.fold}), .SIMD({self.simd}),
    .MH({PE}), .PE({PE}), .ACTIVATION_WIDTH({BITS}), .WEIGHT_WIDTH({BITS}), .NARROW_WEIGHTS(1),
    .ACCU_WIDTH(32)) {n} (
    .ap_clk, .ap_clk2x(1'b0), .ap_rst_n,
    .s_axis_weights_tdata({n}W), .s_axis_weights_tvalid(1'b1), .s_axis_weights_tready({n}Taken),
    .s_axis_input_tdata({n}In_tdata), .s_axis_input_tvalid({n}In_tvalid), .s_axis_input_tready({n}In_tready),
    .m_axis_output_tdata({n}Out_tdata), .m_axis_output_tvalid({n}Out_tvalid),
    .m_axis_output_tready({n}Out_tready));"""


def design(top: str, units: list[Unit], sources: list[Path], folder: Path) -> RtlDesign:
    ports = ["input logic ap_clk", "input logic ap_rst_n"]
    for unit in units:
        for s, ahead, back in ((unit.source, "input", "output"), (unit.target, "output", "input")):
            ports.append(
                f"{ahead} logic [{s.tdata_bits - 1}:0] {s.name}_tdata, {ahead} logic {s.name}_tvalid"
            )
            ports.append(f"{back} logic {s.name}_tready")
    text = f"module {top} (\n  " + ",\n  ".join(ports) + "\n);" + "".join(u.instance() for u in units)
    wrapper = folder / f"{top}.sv"
    wrapper.write_text(text + "\nendmodule\n")
    return RtlDesign(top, (*sources, wrapper), tuple(u.source for u in units), tuple(u.target for u in units))


def values(units: list[Unit], frames: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    return {u.source.name: rng.integers(0, 256, (frames, u.source.beats, u.simd)) for u in units}


def variant(text: str, module: str, *edits: tuple[str, str]) -> str:
    """The unit under another name, changed, without the assertion that would stop the simulation."""
    for old, new in (("module mvu_vvu_axi ", f"module {module} "), (": mvu_vvu_axi", f": {module}"), *edits):
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text.replace(f'$error("%m: {ASSERTION}.")', "")


@pytest.mark.slow
def test_as_shipped_its_own_assertion_fires(tmp_path: Path) -> None:
    repaired = copy_library(tmp_path, library.MVU)
    units = [Unit("shipped", "mvu_vvu_axi", 25, 1)]
    top = design("shipped_top", units, [*repaired, library_root() / AXI], tmp_path)
    simulator = build(top, cache_dir=tmp_path / "cache")
    assert simulator.run(values(units, 2), jobs=1).frames == 2  # without stalls nothing is lost
    with pytest.raises(SimulationError, match=ASSERTION):
        simulator.run(values(units, 20), stalls=STALLS, jobs=1)


class Bench:
    """Sound units with the assertion on, beside shipped ones and ones a single entry short."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        sources = list(copy_library(folder, [*library.MVU, AXI]))
        shipped, short = folder / "shipped.sv", folder / "short.sv"
        shipped.write_text(variant((library_root() / AXI).read_text(), "mvu_shipped"))
        less = ("(CORE_PIPELINE_DEPTH+1)/INTERVAL;", "(CORE_PIPELINE_DEPTH+1)/INTERVAL - 1;")
        short.write_text(variant((folder / AXI).read_text(), "mvu_short", less))
        sizes = [(25, 1), (4, 1), (3, 2), (2, 8)]
        self.units = [
            *(Unit(f"sound{simd}by{fold}", "mvu_vvu_axi", simd, fold) for simd, fold in sizes),
            *(Unit(f"shipped{simd}", "mvu_shipped", simd, 1) for simd in (25, 4)),
            *(Unit(f"short{simd}by{fold}", "mvu_short", simd, fold) for simd, fold in [(4, 1), (3, 2)]),
        ]
        self.design = design("queues", self.units, [*sources, shipped, short], folder)

    def wrong(self, stalls: StallPattern) -> set[str]:
        """The units with a wrong result."""
        inputs = values(self.units, 20)
        run = build(self.design, cache_dir=self.folder / "cache").run(inputs, stalls=stalls, jobs=1)
        return {
            unit.name
            for unit in self.units
            if not np.array_equal(run.outputs[unit.target.name], unit.reference(inputs[unit.source.name]))
        }


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("queue"))


def test_long_stalls_break_every_queue_but_the_repaired_ones(bench: Bench) -> None:
    """One entry less than derived is wrong too, so the derived number is the smallest."""
    assert bench.wrong(STALLS) == {"shipped25", "shipped4", "short4by1", "short3by2"}


@pytest.mark.parametrize("seed", [5, 6])
def test_short_stalls(bench: Bench, seed: int) -> None:
    stalls = StallPattern(0.3, 0.5, seed=seed)
    assert not {name for name in bench.wrong(stalls) if name.startswith("sound")}


def test_without_stalls_all_are_right(bench: Bench) -> None:
    assert bench.wrong(StallPattern()) == set()
