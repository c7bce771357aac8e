"""Broken copies of our blocks: each stands beside the sound block, and a file says which one is connected.

So all of them are one compilation, and any number of runs, each with one fault.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tests.rtl import cases
from tests.rtl.cases import RTL, Case
from toolkit.core.stream import Stream
from toolkit.sim import RtlDesign

SELECTION = "selected.dat"


@dataclass(frozen=True)
class Mutant:
    """One edit of a block's source, and the instance that must show it."""

    case: Case
    find: str
    put: str

    def source(self, name: str) -> str:
        """The source of the broken block, as module ``name``."""
        text = (RTL / f"{self.case.module}.sv").read_text()
        for old, new in ((f"module {self.case.module} ", f"module {name} "), (self.find, self.put)):
            if text.count(old) != 1:
                raise ValueError(f"{self.case.module}: {old!r} occurs {text.count(old)} times")
            text = text.replace(old, new)
        return text


def _queue(depth: int, find: str, put: str) -> Mutant:
    return Mutant(cases.queue(depth, 8, 1, 0), find, put)


def _pool(find: str, put: str, padding: int = 0) -> Mutant:
    """One dimension of the pool: windows of 3 in 8 lines of 2 positions, every second; padding cuts two."""
    lines, before, behind = 8, padding, 2 * padding
    windows = 3 + behind

    def reference(x: np.ndarray) -> np.ndarray:
        shown = np.pad(x.reshape(len(x), lines, 2), ((0, 0), (before, behind), (0, 0)), constant_values=-8)
        best = [shown[:, 2 * i : 2 * i + 3].max(axis=1) for i in range(windows)]
        return np.stack(best, axis=1).reshape(len(x), -1, 1)

    sizes = {"POSITIONS": 2, "LENGTH": lines, "KERNEL": 3, "STRIDE": 2}
    case = Case(
        "pool",
        "offramp_maxpool_1d",
        {"PE": 1, "ELEM_BITS": 4, "SIGNED": 1, **sizes, "PAD_BEFORE": before, "PAD_BEHIND": behind},
        Stream("poolIn", 4, True, 1, 2 * lines),
        Stream("poolOut", 4, True, 1, 2 * windows),
        reference,
    )
    return Mutant(case, find, put)


def _window(find: str, put: str, right: int = 1) -> Mutant:
    """With padding at the right and below, or without: then rows and images follow each other directly."""
    case = cases.window("window", (4, 5), 1, (3, 3), (2, 1), (1, 1, right, right), 3)
    return Mutant(case, find, put)


def _outside(find: str, put: str) -> Mutant:
    """With windows that lie in the padding as a whole, and a stride above all columns."""
    case = cases.window("outside", (3, 3), 1, (2, 1), (1, 9), (3, 0, 2, 0))
    return Mutant(case, find, put)


def _bias(find: str, put: str) -> Mutant:
    return Mutant(cases.bias("bias", 1, 7, True, [-32, 31, 5]), find, put)


def _fork(find: str, put: str) -> Mutant:
    return Mutant(cases.fork("copies", 8), find, put)


def _adder(find: str, put: str) -> Mutant:
    return Mutant(cases.adder("sums", 4, 2), find, put)


MUTANTS = {
    "queue never full": _queue(4, "count_next != FULL", "1'b1"),
    "queue reads when empty": _queue(4, "count != COUNT_BITS'(shown)", "1'b1"),
    "queue overwrites what it shows": _queue(4, "(!shown || pop)", "1'b1"),
    "queue wraps early": _queue(4, "(read_at == LAST)", "(read_at == LAST - 1'b1)"),
    "queue of two mixes up its registers": _queue(2, "(count == '0 || (pop", "(count == '0 && (pop"),
    "queue withdraws a word": _queue(2, "m_valid = shown;", "m_valid = shown && !s_valid;"),
    "pool compares as unsigned": _pool("] ^ SIGN) > (best ^ SIGN)", "]) > (best)"),
    "pool takes the minimum": _pool("> (best ^ SIGN)", "< (best ^ SIGN)"),
    "pool misses the oldest": _pool("k < KERNEL - 1", "k < KERNEL - 2"),
    "pool mixes positions": _pool("stored <= memory[position]", "stored <= memory[1-position]"),
    "pool runs on into the next frame": _pool("if (line == LAST_LINE) wait_lines", "if (1'b0) wait_lines"),
    "pool ignores its consumer": _pool("free = !holding || done", "free = 1'b1"),
    "pool pads with zeros": _pool("padded ? {PE{SIGN}}", "padded ? '0", 1),
    "pool of the frame before": _pool("held_first ? {(", "1'b0 ? {(", 1),
    "pool pads with the next frame": _pool("s_ready = free && !padded", "s_ready = free", 1),
    "pool ends at the last line": _pool("LINES = LENGTH + PAD_BEHIND", "LINES = LENGTH + PAD_BEHIND - 1", 1),
    "pool counts padding before it": _pool("FIRST = KERNEL - 1 - PAD_BEFORE", "FIRST = KERNEL - 1", 1),
    "window of the image before": _window("!held_first && ", "", 0),
    "window wraps around the left edge": _window("(held_column == '0) ? '0 : columns", "columns", 0),
    "window wraps around the right edge": _window(
        "!held_first && held_place < COLUMN_BITS'(WIDTH)", "!held_first"
    ),
    "window keeps padding": _window("on_image ? s_data : '0", "s_data"),
    "window counts from the step before": _window(
        "column_wait <= COLUMN_WAIT_BITS'(FIRST_COLUMN);\n        if", "if"
    ),
    "window every row": _window("ROW_WAIT_BITS'(STRIDE_H - 1)", "'0"),
    "window loses its last beat": _window("BEAT_INDEX_BITS'(FOLD - 1)", "BEAT_INDEX_BITS'(FOLD - 2)"),
    "window overwritten before it has left": _window("(!m_valid || (m_ready && last))", "1'b1"),
    "window turned": _window("columns[k][r*", "columns[r][k*"),
    "window begins before its frame": _outside("(started && !on_image)", "!on_image"),
    "window cuts its stride": _outside(
        "COLUMN_WAIT_BITS = (LONGEST_COLUMN_WAIT > 1) ? $clog2(LONGEST_COLUMN_WAIT) : 1",
        "COLUMN_WAIT_BITS = 3",
    ),
    "bias of the channel before": _bias("BIAS[f*BEAT_BITS", "BIAS[(f-1)*BEAT_BITS"),
    "bias skips a channel": _bias("(FOLD - 1)", "(FOLD - 2)"),
    "bias subtracted": _bias("value + offset", "value - offset"),
    "bias to unsigned values": _bias("if (IN_SIGNED)", "if (!IN_SIGNED)"),
    "fork ignores one consumer": _fork("(!m1_valid || m1_ready)", "1'b1"),
    "adder takes one operand alone": _adder("s0_ready = room && s1_valid", "s0_ready = room"),
    "adder takes the other operand alone": _adder("s1_ready = room && s0_valid", "s1_ready = room"),
    "adder gives what only one operand has": _adder("m_valid <= both", "m_valid <= s0_valid"),
    "adder overwrites a sum": _adder("room = !m_valid || m_ready", "room = 1'b1"),
    "adder subtracts": _adder("a + b", "a - b"),
    "adder forgets the sign": _adder(
        "SUM_BITS'($signed(s1_data[i*BITS+:BITS]))", "SUM_BITS'(s1_data[i*BITS+:BITS])"
    ),
    "fork drops a copy": _fork("if (m1_ready) m1_valid", "if (m0_ready) m1_valid"),
}

# Producers that break the handshake, seen only by the checker behind them: a queue hides them from the bench.
OFFENDERS = {
    "withdrew valid": "assign valid = s_valid && !pause; assign data = s_data;",
    "changed its data": "assign valid = s_valid; assign data = s_data ^ {7'd0, pause};",
}

_SWITCH = """
module {name} (
  input logic clk, input logic rst_n,
  {ports}
);
  logic [7:0] selected[1];
  initial $readmemh("{selection}", selected);
  logic broken;
  assign broken = selected[0] == 8'd{number};
  {wires}
  {block} #({values}) sound (.clk, .rst_n, {sound});
  mutant{number} #({values}) mutant (.clk, .rst_n, {mutant});
endmodule
"""

_OFFENDER = """
module {name} (
  input logic clk, input logic rst_n, input logic [7:0] s_data, input logic s_valid, output logic s_ready,
  output logic [7:0] m_data, output logic m_valid, input logic m_ready
);
  logic [7:0] selected[1];
  initial $readmemh("{selection}", selected);
  logic [7:0] data;
  logic valid, pause;
  always_ff @(posedge clk) pause <= rst_n && selected[0] == 8'd{number} && !pause;
  {fault}
  offramp_stream_check #(.WIDTH(8), .NAME("offender")) check (.clk, .rst_n, .data, .valid, .ready(s_ready));
  offramp_fifo #(.WIDTH(8), .DEPTH(2)) hide (.clk, .rst_n, .s_data(data), .s_valid(valid), .s_ready,
    .m_data, .m_valid, .m_ready);
endmodule
"""


def _switch(number: int, case: Case) -> str:
    """A module that is the sound block or its mutant, whichever the file selects."""
    taken, given = (
        [f"{side}{end}" for end in cases.ends(count)]
        for side, count in (("s", case.sources), ("m", case.sinks))
    )
    ports, wires = [], []
    for end in taken:
        width = case.source.width - 1
        ports.append(f"input logic [{width}:0] {end}_data, input logic {end}_valid, output logic {end}_ready")
        wires += [
            f"logic {end}_ready0, {end}_ready1;",
            f"assign {end}_ready = broken ? {end}_ready1 : {end}_ready0;",
        ]
    for end in given:
        width = case.target.width - 1
        ports.append(
            f"output logic [{width}:0] {end}_data, output logic {end}_valid, input logic {end}_ready"
        )
        wires += [f"logic [{width}:0] {end}_data{i}; logic {end}_valid{i};" for i in (0, 1)]
        wires += [f"assign {end}_{x} = broken ? {end}_{x}1 : {end}_{x}0;" for x in ("data", "valid")]

    def connected(which: str, on: str) -> str:
        ins = (
            f".{end}_data, .{end}_valid({end}_valid && {on}), .{end}_ready({end}_ready{which})"
            for end in taken
        )
        outs = (
            f".{end}_data({end}_data{which}), .{end}_valid({end}_valid{which}), "
            f".{end}_ready({end}_ready && {on})"
            for end in given
        )
        return ", ".join((*ins, *outs))

    return _SWITCH.format(
        name=f"either{number}",
        number=number,
        block=case.module,
        selection=SELECTION,
        ports=",\n  ".join(ports),
        wires="\n  ".join(wires),
        values=", ".join(f".{name}({value})" for name, value in case.parameters.items()),
        sound=connected("0", "!broken"),
        mutant=connected("1", "broken"),
    )


def build_design(folder: Path) -> tuple[RtlDesign, tuple[Case, ...]]:
    """Write all mutants; returns the design and its instances, the n-th of which number n+1 breaks."""
    texts: list[str] = []
    switched: list[Case] = []
    for number, mutant in enumerate(MUTANTS.values(), 1):
        texts += [mutant.source(f"mutant{number}"), _switch(number, mutant.case)]
        switched.append(_renamed(mutant.case, number))
    for number, fault in enumerate(OFFENDERS.values(), len(MUTANTS) + 1):
        name = f"either{number}"
        texts.append(_OFFENDER.format(name=name, number=number, selection=SELECTION, fault=fault))
        switched.append(_renamed(cases.queue(2, 8, 1, 0), number))
    broken = folder / "broken.sv"
    broken.write_text("\n".join(texts))
    design = cases.design("mutants", switched, folder, [*sorted(RTL.glob("*.sv")), broken])
    return design, tuple(switched)


def _renamed(case: Case, number: int) -> Case:
    name = f"case{number}"
    source, target = replace(case.source, name=f"{name}In"), replace(case.target, name=f"{name}Out")
    return replace(case, name=name, module=f"either{number}", parameters={}, source=source, target=target)
