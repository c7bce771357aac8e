"""The blocks of the serial link pass Verilator's lint and slang; illegal parameters are refused by both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rtl import accept, files
from tests.rtl.link_mutants import write

SOURCES = [
    files.source("offramp_serial_pkg"),
    *(path for path in files.all_files() if path.stem.startswith("offramp_link")),
    *(
        files.source(f"offramp_{name}")
        for name in (
            *("uart_rx", "uart_tx", "serial_line", "crc32", "packet_sender", "packet_receiver"),
            *("ram", "player", "map_buffer", "argmax"),
        )
    ),
]

LEGAL: list[tuple[str, accept.Parameters]] = [
    ("offramp_link", {}),
    ("offramp_link", {"STAGES": 1, "IN_BYTES": 4, "SLOTS": 256}),
    ("offramp_link", {"STAGES": 3, "BUFFERS": 1, "SLOTS": 1}),
    ("offramp_link", {"STAGES": 1, "OUT_WIDTH": 160, "OUT_BYTES": 20, "OUT_BEATS": 1, "OUT_LANES": 10}),
    ("offramp_serial_line", {"CLOCKS_PER_BIT": 4}),
    ("offramp_map_buffer", {"WIDTH": 20, "BEATS": 256, "SLOTS": 256}),
    ("offramp_map_buffer", {"WIDTH": 1, "BEATS": 1, "SLOTS": 1}),
    ("offramp_argmax", {"ELEMENT_BITS": 1, "INDEX_BITS": 1}),
]
ILLEGAL: list[tuple[str, accept.Parameters, str]] = [
    ("offramp_uart_rx", {"CLOCKS_PER_BIT": 3}, "CLOCKS_PER_BIT must be at least 4"),
    ("offramp_uart_tx", {"CLOCKS_PER_BIT": 1}, "CLOCKS_PER_BIT must be at least 2"),
    ("offramp_packet_receiver", {"IDLE_CYCLES": 1}, "IDLE_CYCLES must be at least 2"),
    ("offramp_packet_receiver", {"IMAGE_BYTES": 65536}, "IMAGE_BYTES must be 1 to 65535"),
    ("offramp_link_requests", {"BUFFERS": 3}, "power of two"),
    ("offramp_link_requests", {"WORD_BYTES": 3}, "must divide IMAGE_BYTES"),
    ("offramp_link_executor", {"SLOTS": 257}, "SLOTS must be 1 to 256"),
    ("offramp_link_counters", {"STAGES": 17}, "STAGES must be 1 to 16"),
    ("offramp_link_run", {"WATCHDOG_CYCLES": 1}, "WATCHDOG_CYCLES must be at least 2"),
    ("offramp_link", {"OUT_WIDTH": 8}, "OUT_BYTES must be 1 to OUT_WIDTH / 8"),
    ("offramp_link", {"STAGES": 1, "OUT_LANES": 2}, "must fit into OUT_BYTES"),
    ("offramp_link", {"STAGES": 1, "OUT_BEATS": 33000}, "must fit into a packet"),
    ("offramp_map_buffer", {"SLOTS": 0}, "SLOTS must be 1 to 256"),
    ("offramp_map_buffer", {"BEATS": 0}, "BEATS must be at least 1"),
    ("offramp_player", {"WORDS": 0}, "WORDS must be at least 1"),
    ("offramp_argmax", {"INDEX_BITS": 0}, "at least 1"),
]


def test_every_fault_is_at_one_place_of_its_block(tmp_path: Path) -> None:
    """Those of :mod:`tests.rtl.test_link_mutants`, which runs seldom."""
    assert len(write(tmp_path)) > 10


@pytest.mark.parametrize(("module", "parameters"), LEGAL)
def test_accepted(module: str, parameters: accept.Parameters) -> None:
    assert accept.verilator(module, SOURCES, parameters) == []
    assert accept.slang(module, SOURCES, parameters) == []


@pytest.mark.parametrize(("module", "parameters", "message"), ILLEGAL)
def test_refused(module: str, parameters: accept.Parameters, message: str) -> None:
    assert any(message in line for line in accept.verilator(module, SOURCES, parameters))
    assert any(message in line for line in accept.slang(module, SOURCES, parameters))
