"""Our RTL passes Verilator's lint without a warning and slang; illegal parameters are refused by both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rtl import accept, files
from tests.rtl.test_axi_accepted import SOURCES as AXI
from tests.rtl.test_link_accepted import SOURCES as LINK
from tests.rtl.test_mmio_accepted import SOURCES as MMIO
from toolkit.compose.sizing import PRODUCT, QUEUE
from toolkit.core.stream import Stream
from toolkit.sim.design import RtlDesign
from toolkit.sim.options import BuildOptions
from toolkit.sim.queues import instrumented

LEGAL: list[tuple[str, accept.Parameters]] = [
    ("offramp_fifo", {"WIDTH": 8, "DEPTH": 2}),
    ("offramp_fifo", {"WIDTH": 1, "DEPTH": 3}),
    ("offramp_fifo", {"WIDTH": 70, "DEPTH": 600}),
    ("offramp_maxpool_1d", {"PE": 2, "ELEM_BITS": 4, "POSITIONS": 3, "LENGTH": 9, "KERNEL": 3, "STRIDE": 2}),
    ("offramp_maxpool_1d", {"POSITIONS": 1, "LENGTH": 1, "KERNEL": 1, "STRIDE": 1, "SIGNED": 1}),
    ("offramp_maxpool_lines", {"CHANNELS": 6, "PE": 2, "HEIGHT": 7, "WIDTH": 9, "KERNEL_W": 3}),
    (
        "offramp_maxpool_1d",
        {"PE": 2, "POSITIONS": 3, "LENGTH": 7, "KERNEL": 4, "PAD_BEFORE": 2, "PAD_BEHIND": 1, "SIGNED": 1},
    ),
    ("offramp_maxpool_1d", {"LENGTH": 1, "KERNEL": 2, "PAD_BEHIND": 1}),
    ("offramp_maxpool_1d", {"LENGTH": 1, "KERNEL": 2, "PAD_BEFORE": 1, "SIGNED": 1}),
    (
        "offramp_maxpool_lines",
        {"HEIGHT": 5, "WIDTH": 5, "KERNEL_H": 3, "KERNEL_W": 3, "PAD_TOP": 1, "PAD_LEFT": 1, "PAD_BOTTOM": 1},
    ),
    ("offramp_maxpool_lines", {"HEIGHT": 3, "WIDTH": 1, "PAD_BOTTOM": 1, "PAD_RIGHT": 1}),
    ("offramp_window", {"LANES": 3}),
    (
        "offramp_window",
        {"CHANNELS": 5, "HEIGHT": 9, "PAD_TOP": 2, "PAD_LEFT": 1, "PAD_RIGHT": 2, "LANES": 45},
    ),
    ("offramp_window", {"WIDTH": 1, "KERNEL_H": 1, "KERNEL_W": 1, "LANES": 1}),
    ("offramp_window", {"WIDTH": 1, "KERNEL_W": 1, "LANES": 1, "PAD_RIGHT": 1}),
    (
        "offramp_window",
        {"WIDTH": 3, "KERNEL_H": 1, "KERNEL_W": 1, "STRIDE_W": 9, "PAD_TOP": 3, "PAD_LEFT": 2, "LANES": 1},
    ),
    ("offramp_window", {"HEIGHT": 1, "KERNEL_H": 5, "PAD_TOP": 4, "PAD_BOTTOM": 0, "LANES": 15}),
    ("offramp_bias_add", {"PE": 1, "CHANNELS": 10, "BIAS_BITS": 6, "IN_BITS": 12, "OUT_BITS": 13}),
    (
        "offramp_bias_add",
        {"PE": 4, "CHANNELS": 4, "BIAS_BITS": 9, "IN_BITS": 5, "IN_SIGNED": 0, "OUT_BITS": 5},
    ),
    ("offramp_depthwise", {"PE": 2, "CHANNELS": 6, "KERNEL": 9, "SIGNED": 1}),
    ("offramp_depthwise", {"PE": 3, "TAPS": 3, "CHANNELS": 3, "KERNEL": 9, "VERSION": 1}),
    ("offramp_depthwise", {"PE": 2, "TAPS": 1, "CHANNELS": 2, "KERNEL": 1}),
    ("offramp_fork", {"WIDTH": 5}),
    ("offramp_add", {"LANES": 3, "BITS": 5}),
    ("offramp_add", {"LANES": 1, "BITS": 1}),
    ("offramp_stream_check", {"WIDTH": 5}),
]
ILLEGAL: list[tuple[str, accept.Parameters, str]] = [
    ("offramp_fifo", {"DEPTH": 1}, "DEPTH must be at least 2"),
    ("offramp_maxpool_lines", {"PE": 2, "CHANNELS": 5}, "PE must divide CHANNELS"),
    ("offramp_maxpool_1d", {"KERNEL": 5, "LENGTH": 4}, "at most LENGTH"),
    ("offramp_maxpool_1d", {"KERNEL": 2, "PAD_BEHIND": 2}, "must not lie in the padding"),
    ("offramp_maxpool_lines", {"PAD_TOP": 2}, "must not lie in the padding"),
    ("offramp_window", {"LANES": 4}, "LANES must divide"),
    ("offramp_window", {"STRIDE_W": 0}, "strides must be at least 1"),
    ("offramp_window", {"HEIGHT": 2}, "must fit into the padded image"),
    ("offramp_bias_add", {"PE": 2, "CHANNELS": 5}, "PE must divide CHANNELS"),
    ("offramp_depthwise", {"PE": 2, "CHANNELS": 5}, "PE must divide CHANNELS"),
    ("offramp_depthwise", {"CHANNELS": 2, "TAPS": 3}, "TAPS must divide KERNEL, and be 1"),
]


def source(module: str) -> list[Path]:
    parts = {"offramp_maxpool_lines": "offramp_maxpool_1d", "offramp_depthwise": "mvu"}
    names = [parts[module], module] if module in parts else [module]
    return [files.source(name) for name in names]


OWN_TESTS = {"dwc_axi": "test_dwc", "mvu": "test_mvu", "offramp_weights": "test_weights"}
"""Blocks that are accepted with others, or simulated, in files of their own."""


def test_every_block_is_here() -> None:
    blocks = {path.stem for path in files.all_files()}
    of_links = {path.stem for path in (*LINK, *AXI, *MMIO)}
    assert blocks == {module for module, _ in LEGAL} | of_links | OWN_TESTS.keys()
    for file in OWN_TESTS.values():
        assert "def test_accepted" in Path(__file__).with_name(f"{file}.py").read_text()


@pytest.mark.parametrize(("module", "parameters"), LEGAL)
def test_accepted(module: str, parameters: accept.Parameters) -> None:
    assert accept.verilator(module, source(module), parameters) == []
    assert accept.slang(module, source(module), parameters) == []


@pytest.mark.parametrize(
    "options",
    [
        BuildOptions(observe=True),
        BuildOptions(stall_inside=True),
        BuildOptions(observe=True, stall_inside=True),
        BuildOptions(cut=True),
    ],
)
def test_the_queue_in_simulation_is_clean(options: BuildOptions, tmp_path: Path) -> None:
    stream = Stream("s", 10, False, 7, 1)
    queue = RtlDesign("offramp_fifo", tuple(source("offramp_fifo")), (stream,), (stream.named("m"),))
    design = instrumented(queue, options, tmp_path)
    macros = [f"{name}={text}" for name, text in design.defines.items()]
    assert accept.verilator("offramp_fifo", list(design.sources), {"WIDTH": 70}, macros) == []


def test_the_stand_ins_for_sizing_are_clean() -> None:
    assert accept.verilator("offramp_fifo", [QUEUE], {"WIDTH": 70}) == []
    assert accept.verilator("mvu", [PRODUCT], {"PE": 2, "SIMD": 3}) == []


@pytest.mark.parametrize(("module", "parameters", "message"), ILLEGAL)
def test_refused(module: str, parameters: accept.Parameters, message: str) -> None:
    assert any(message in line for line in accept.verilator(module, source(module), parameters))
    assert any(message in line for line in accept.slang(module, source(module), parameters))


def test_a_fault_is_seen(tmp_path: Path) -> None:
    """The lint itself: a latch and a mistyped name are reported by both tools."""
    broken = tmp_path / "broken.sv"
    broken.write_text(
        "module broken(input logic a, b, output logic c);\n"
        "  always_comb if (a) c = b;\nendmodule\n"
    )  # fmt: skip
    assert any("LATCH" in line for line in accept.verilator("broken", [broken]))
    assert accept.slang("broken", [broken])
