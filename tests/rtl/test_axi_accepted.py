"""The blocks of the AXI DMA link pass Verilator's lint and slang; illegal parameters are refused by both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rtl import accept, files
from tests.rtl.axi_mutants import FAULTS
from tests.rtl.link_mutants import write

SOURCES = [
    files.source("offramp_axi_pkg"),
    files.source("offramp_fifo"),
    *(
        files.source(f"offramp_{name}")
        for name in (
            *("words_to_beats", "beats_to_words", "axis_input", "axis_output"),
            *("stage_counters", "axi_lite", "axi_registers"),
        )
    ),
]
SIZES = [(1, 1), (1, 784), (2, 3), (3, 5), (7, 1), (8, 2), (12, 3), (16, 1), (64, 4)]
LEGAL: list[tuple[str, accept.Parameters]] = [
    *(
        (f"offramp_{block}", {"BEAT_BYTES": size, "BEATS": beats})
        for block in ("axis_input", "axis_output")
        for size, beats in SIZES
    ),
    ("offramp_words_to_beats", {"WORD_BYTES": 4, "BEAT_BYTES": 6, "BEATS": 2}),
    ("offramp_beats_to_words", {"WORD_BYTES": 4, "BEAT_BYTES": 6, "BEATS": 2}),
    ("offramp_stage_counters", {"MAP": 0}),
    ("offramp_stage_counters", {"MAP": 1}),
    ("offramp_axi_lite", {}),
    ("offramp_axi_registers", {"STAGES": 1}),
    ("offramp_axi_registers", {"STAGES": 3}),
    ("offramp_axi_registers", {"STAGES": 32}),
]
ILLEGAL: list[tuple[str, accept.Parameters, str]] = [
    ("offramp_words_to_beats", {"BEATS": 0}, "BEATS must be at least 1"),
    ("offramp_beats_to_words", {"BEATS": 0}, "BEATS must be at least 1"),
    ("offramp_axi_registers", {"STAGES": 33}, "STAGES must be 1 to 32"),
]


def test_every_block_has_faults_to_find(tmp_path: Path) -> None:
    """Those of :mod:`tests.links.axi_dma.test_mutants`; each is at one place of its block."""
    broken = write(tmp_path, FAULTS)
    own = {path.stem for path in SOURCES} - {"offramp_axi_pkg", "offramp_fifo"}
    assert {path.stem for path in broken} == own


@pytest.mark.parametrize(("module", "parameters"), LEGAL)
def test_accepted(module: str, parameters: accept.Parameters) -> None:
    assert accept.verilator(module, SOURCES, parameters) == []
    assert accept.slang(module, SOURCES, parameters) == []


@pytest.mark.parametrize(("module", "parameters", "message"), ILLEGAL)
def test_refused(module: str, parameters: accept.Parameters, message: str) -> None:
    assert any(message in line for line in accept.verilator(module, SOURCES, parameters))
    assert any(message in line for line in accept.slang(module, SOURCES, parameters))
