"""The registers and rings of the memory-mapped link; ``docs/mmio.md`` lists them.

The constants here are the only ones: the RTL takes them from a package that :func:`package` writes.
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Any

from toolkit.core.templates import render

IDENTITY, VERSION = 0x4F46524D, 1
"""Values of the first two registers: the letters OFRM, and the version of this table."""
WORDS = 512
"""Words of 32 bits in each ring."""
WINDOW = 0x1000
"""Byte address of the rings: written is the ring to the chip, read the one from it."""
SPAN = 0x2000
"""Bytes of addresses."""
POSITIONS = 1 << 16
"""Positions are counted modulo this."""
PACKAGE = "offramp_mmio_pkg.sv"
"""File of the package with these constants in SystemVerilog."""


class MailboxRegister(enum.IntEnum):
    """Byte addresses. ``IN`` is the ring to the chip, ``OUT`` the one from it."""

    IDENTITY = 0x00
    VERSION = 0x04
    WORDS = 0x08
    IN_FILLED = 0x10
    IN_EMPTIED = 0x14
    OUT_FILLED = 0x18
    OUT_EMPTIED = 0x1C


def package() -> str:
    """Return the text of the SystemVerilog package with these constants."""
    values = {"IDENTITY": IDENTITY, "VERSION": VERSION, "WORDS": WORDS}
    return render(Path(__file__).with_name("package.sv.j2"), values=values, registers=list(MailboxRegister))


def constants() -> dict[str, Any]:
    """Return what the program of a package needs of them, JSON types."""
    registers = {register.name: int(register) for register in MailboxRegister}
    return {"identity": IDENTITY, "table": VERSION, "words": WORDS, "window": WINDOW, "span": SPAN} | {
        "positions": POSITIONS,
        "registers": registers,
    }
