"""The registers of a system behind AXI4-Lite; ``docs/axi.md`` lists them.

The constants here are the only ones: the RTL takes them from a package that :func:`package` writes.
"""

from __future__ import annotations

import enum
from pathlib import Path

from toolkit.core.templates import render

IDENTITY, VERSION = 0x4F465250, 1
"""Values of the first two registers: the letters OFRP, and the version of this table."""
PACKAGE = "offramp_axi_pkg.sv"
"""File of the package with these constants in SystemVerilog."""
MOST_STAGES = 32
DIGEST_WORDS = 8
"""Registers of the design's digest, its first eight hexadecimal digits first."""
STAGE_BYTES = 64
"""Distance between the registers of two stages."""


class Register(enum.IntEnum):
    """Byte addresses. ``DIGEST``, ``THRESHOLD`` and ``STAGE`` are the first of several."""

    IDENTITY = 0x000
    VERSION = 0x004
    STAGES = 0x008
    HIGH = 0x00C
    DIGEST = 0x020
    THRESHOLD = 0x040
    STAGE = 0x100


class StageRegister(enum.IntEnum):
    """Byte addresses in the registers of one stage."""

    RESET = 0x00
    INPUT_BYTES = 0x04
    LOGITS_BYTES = 0x08
    MAP_BYTES = 0x0C
    FRAMES_IN = 0x10
    FRAMES_CUT = 0x14
    LOGITS_OUT = 0x18
    MAPS_OUT = 0x1C
    BUSY = 0x20
    STALLED = 0x28

    def of(self, stage: int) -> int:
        """Return the address of this register of a stage."""
        return Register.STAGE + stage * STAGE_BYTES + self


def package() -> str:
    """Return the text of the SystemVerilog package with these constants."""
    return render(
        Path(__file__).with_name("package.sv.j2"),
        values={"IDENTITY": IDENTITY, "VERSION": VERSION},
        most_stages=MOST_STAGES,
        registers=list(Register),
        own=list(StageRegister),
        stage_words=STAGE_BYTES // 4,
    )
