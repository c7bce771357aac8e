"""A design of memories and multipliers, and the netlists that Yosys makes of designs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.core import tools
from toolkit.core.process import Command, execute
from toolkit.core.stream import Stream
from toolkit.core.tools import Tool
from toolkit.families import yosys
from toolkit.families.ecp5 import plan
from toolkit.families.toolchain import DesignSources
from toolkit.sim import RtlDesign

MEMORIES = Path(__file__).parent / "memories.sv"
SHAPES = {1: 14, 2: 13, 4: 12, 9: 11, 18: 10, 36: 9}
"""Bits and address bits of a memory that just fills one DP16KD."""
BEATS = 500
Synthesis = Callable[[DesignSources, Tool], Command]


@dataclass(frozen=True)
class Unit:
    """An instance of one of the modules in ``memories.sv``."""

    module: str
    bits: int
    parameters: str
    ports: str


@dataclass(frozen=True)
class _Sources:
    path: Path
    top: str
    sources: Sequence[str]
    data: Sequence[str] = ()
    digest: str = ""


def synthesise(design: RtlDesign, folder: Path, synthesis: Synthesis = plan.synthesis) -> Path:
    """Synthesise as a family's flow does; returns the netlist for simulation."""
    folder.mkdir()
    names = [f"{i}_{source.name}" for i, source in enumerate(design.sources)]
    for source, name in zip(design.sources, names, strict=True):
        shutil.copy(source, folder / name)
    if design.data_dir:
        shutil.copytree(design.data_dir, folder, dirs_exist_ok=True)
    for step in (
        synthesis(_Sources(folder, design.top, names), tools.yosys()),
        yosys.verilog(tools.yosys()),
    ):
        execute(step, folder, folder / f"{step.name}.log")
    return folder / yosys.SIMULATED


def memory(module: str, bits: int, out: int, extra: str = "", *ports: str, narrow: int = 0) -> Unit:
    address = SHAPES[bits] - narrow
    signals = {
        "wa": f".wa(wa[{address - 1}:0])",
        "ra": f".ra(ra[{address - 1}:0])",
        "d": f".d(d[{bits - 1}:0])",
        "we": ".we(we[0])",
        "both": ".we(we)",
        "part": f".ra(ra[{address - 3}:0])",
        "rst": ".rst(rst)",
    }
    values = f'.BITS({bits}), .ADDRESS({address}), .FILE("init{bits}.dat"){extra}'
    return Unit(module, out, values, ", ".join([".re(re)", *(signals[port] for port in ports)]))


def _product(a: int, b: int, signed_a: int, signed_b: int) -> Unit:
    values = f".A({a}), .B({b}), .SIGNED_A({signed_a}), .SIGNED_B({signed_b})"
    return Unit("product", a + b, values, f".a(d[{a - 1}:0]), .b(d[{b + 17}:18])")


UNITS = (
    *(memory("rom", bits, bits, "", "ra") for bits in SHAPES),
    *(memory("simple", bits, bits, "", "we", "wa", "ra", "d") for bits in SHAPES),
    *(memory("simple", bits, bits, ", .NEW(1)", "we", "wa", "ra", "d") for bits in (9, 36)),
    *(memory("wider", bits, 4 * bits, "", "we", "wa", "part", "d") for bits in (1, 9)),
    *(
        memory("cleared", bits, bits, f", .ASYNC({on})", "rst", "we", "wa", "ra", "d")
        for bits in (2, 18)
        for on in (0, 1)
    ),
    *(
        memory("single", bits, bits, f", .MODE({mode})", "we", "wa", "d")
        for bits in (1, 4, 18)
        for mode in range(3)
    ),
    *(memory("dual", bits, 2 * bits, "", "both", "wa", "ra", "d") for bits in (18,)),
    *(
        _product(a, b, signed_a, signed_b)
        for a, b in ((4, 4), (9, 7), (18, 18))
        for signed_a, signed_b in ((0, 0), (1, 1), (1, 0))
    ),
)


def design(folder: Path, units: Sequence[Unit] = UNITS, blocks: int = 1) -> RtlDesign:
    """All units side by side, fed by one stream with addresses, data and enables of each cycle.

    ``blocks``: how many times as large as those of :data:`SHAPES` their memories are.
    """
    lanes = -(-sum(unit.bits for unit in units) // 32)
    source, target = Stream("in0_V", 32, False, 3, BEATS), Stream("out0_V", 32, False, lanes, BEATS)
    lines, low = [], 0
    for i, unit in enumerate(units):
        lines.append(
            f"  {unit.module} #({unit.parameters}) unit{i} "
            f"(.clk(ap_clk), {unit.ports}, .q(all[{low + unit.bits - 1}:{low}]));"
        )
        low += unit.bits
    top = folder / "units.sv"
    top.write_text(
        f"""module units (
  input logic ap_clk, ap_rst_n,
  input logic [{source.tdata_bits - 1}:0] in0_V_tdata, input logic in0_V_tvalid, output logic in0_V_tready,
  output logic [{target.tdata_bits - 1}:0] out0_V_tdata, output logic out0_V_tvalid, input logic out0_V_tready
);
  logic [13:0] wa, ra;
  logic [35:0] d;
  logic [1:0] we;
  logic re, rst;
  assign wa = in0_V_tdata[13:0];
  assign ra = in0_V_tdata[29:16];
  assign d = in0_V_tdata[67:32];
  assign we = in0_V_tdata[69:68] & {{2{{in0_V_tvalid}}}};
  assign re = in0_V_tdata[70] && in0_V_tvalid;
  assign rst = in0_V_tdata[71] && in0_V_tvalid;
  assign in0_V_tready = out0_V_tready;
  always_ff @(posedge ap_clk) out0_V_tvalid <= ap_rst_n && in0_V_tvalid;
  logic [{low - 1}:0] all;
  assign out0_V_tdata = {target.tdata_bits}'(all);
"""
        + "\n".join(lines)
        + "\nendmodule\n"
    )
    data = folder / "data"
    data.mkdir()
    rng = np.random.default_rng(1)
    for bits, address in SHAPES.items():
        words = rng.integers(0, 1 << bits, blocks << address)
        (data / f"init{bits}.dat").write_text("".join(f"{word:x}\n" for word in words))
    return RtlDesign("units", (MEMORIES, top), (source,), (target,), data_dir=data)


def stimuli(frames: int, seed: int) -> np.ndarray:
    """``[frames, BEATS, 3]``: addresses all over the memory and, half of the time, of a few words."""
    rng = np.random.default_rng(seed)
    shape = (frames, BEATS)
    near = rng.random(shape) < 0.5
    wa, ra = (np.where(near, rng.integers(0, 8, shape), rng.integers(0, 1 << 14, shape)) for _ in range(2))
    ra = np.where(rng.random(shape) < 0.2, wa, ra)
    # Writes and reads twice in three cycles, resets once in eight.
    control = sum((rng.random(shape) < p) << i for i, p in enumerate((0.67, 0.67, 0.67, 0.12)))
    high = rng.integers(0, 16, shape) | (control << 4)
    return np.stack([wa | (ra << 16), rng.integers(0, 1 << 32, shape), high], axis=-1)
