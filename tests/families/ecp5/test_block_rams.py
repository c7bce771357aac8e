"""Block RAMs of a configuration against those of the netlist, in nextpnr's and Yosys' words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.core.errors import ArtifactError, NothingCompared, VerificationMismatch
from toolkit.families.ecp5.block_rams import require_block_rams
from toolkit.families.ecp5.configuration import Configuration, read

WORDS = np.random.default_rng(5).integers(0, 512, (2, 2048))
NARROW = """\
.tile_group MIB_R25C6:MIB_EBR2 MIB_R25C7:MIB_EBR3
word: EBR1.WID 011000000
enum: EBR1.MODE DP16KD
enum: EBR1.DP16KD.DATA_WIDTH_A 9
enum: EBR1.DP16KD.DATA_WIDTH_B 18
enum: EBR1.DP16KD.WRITEMODE_A READBEFOREWRITE
enum: EBR1.DP16KD.WRITEMODE_B NORMAL
enum: EBR1.REGMODE_A NOREG
enum: EBR1.REGMODE_B OUTREG
enum: EBR1.RESETMODE ASYNC
enum: EBR1.ASYNC_RESET_RELEASE ASYNC
"""
WIDE = """\
.tile_group MIB_R25C51:MIB_EBR0 MIB_R25C52:MIB_EBR1
word: EBR0.WID 001000000
enum: EBR0.MODE PDPW16KD
enum: EBR0.PDPW16KD.DATA_WIDTH_R 36
enum: EBR0.REGMODE_A NOREG
enum: EBR0.REGMODE_B NOREG
enum: EBR0.RESETMODE SYNC
enum: EBR0.ASYNC_RESET_RELEASE SYNC
"""


def contents(number: int, words: np.ndarray) -> str:
    return "\n".join([f".bram_init {number}", " ".join(f"{word:03x}" for word in words)])


TEXT = "\n\n".join([".device LFE5U-25F", NARROW, WIDE, contents(6, WORDS[0]), contents(4, WORDS[1])])


def cell(width_a: int, width_b: int, words: np.ndarray, **more: str) -> dict[str, Any]:
    rows = words.reshape(64, 16, 2)
    values = {
        f"INITVAL_{i:02X}": "".join(f"xx{high:09b}{low:09b}" for low, high in row[::-1])
        for i, row in enumerate(rows)
    }
    widths = {"DATA_WIDTH_A": f"{width_a:032b}", "DATA_WIDTH_B": f"{width_b:032b}"}
    return {"type": "DP16KD", "parameters": {**widths, **values, **more}}


def netlist(**cells: dict[str, Any]) -> dict[str, Any]:
    return {"modules": {"top": {"cells": {"lut": {"type": "LUT4", "parameters": {}}, **cells}}}}


MODES = {
    "WRITEMODE_A": "READBEFOREWRITE",
    "REGMODE_B": "OUTREG",
    "RESETMODE": "ASYNC",
    "ASYNC_RESET_RELEASE": "ASYNC",
}
CELLS = {"narrow": cell(9, 18, WORDS[0], **MODES), "wide": cell(36, 36, WORDS[1])}


def configured(tmp_path: Path, text: str = TEXT) -> Configuration:
    (tmp_path / "design.config").write_text(text)
    return read(tmp_path / "design.config")


def test_equal_ones(tmp_path: Path) -> None:
    assert require_block_rams(netlist(**CELLS), configured(tmp_path)) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("DATA_WIDTH_A 9", "DATA_WIDTH_A 4", "narrow in the bitstream; expected DATA_WIDTH_A 9; found 4"),
        ("DATA_WIDTH_R 36", "DATA_WIDTH_R 18", "wide in the bitstream; expected DATA_WIDTH_R 36; found 18"),
        ("WRITEMODE_B NORMAL", "WRITEMODE_B WRITETHROUGH", "expected WRITEMODE_B NORMAL; found WRITETHROUGH"),
        ("REGMODE_B OUTREG", "REGMODE_B NOREG", "expected REGMODE_B OUTREG; found NOREG"),
        ("RESETMODE SYNC", "RESETMODE ASYNC", "expected RESETMODE SYNC; found ASYNC"),
        ("MODE PDPW16KD", "MODE DP16KD", "DATA_WIDTH_A"),
        (f"init 6\n{WORDS[0, 0]:03x}", f"init 6\n{WORDS[0, 0] ^ 1:03x}", "narrow in the bitstream, word 0"),
        (f"{WORDS[1, -1]:03x}", f"{WORDS[1, -1] ^ 256:03x}", "wide in the bitstream, word 2047"),
        ("WID 011000000", "WID 001000000", "narrow"),
    ],
)
def test_what_differs_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    head, found, tail = TEXT.rpartition(old)
    assert found
    with pytest.raises((VerificationMismatch, ArtifactError), match=re.escape(said)):
        require_block_rams(netlist(**CELLS), configured(tmp_path, head + new + tail))


def test_one_too_many_or_too_few(tmp_path: Path) -> None:
    both = configured(tmp_path)
    with pytest.raises(VerificationMismatch, match="expected 1; found 1 more"):
        require_block_rams(netlist(wide=CELLS["wide"]), both)
    with pytest.raises(VerificationMismatch, match="block RAM again"):
        require_block_rams(netlist(**CELLS, again=CELLS["wide"]), both)
    with pytest.raises(NothingCompared):
        require_block_rams(netlist(), both)
    assert require_block_rams(netlist(), configured(tmp_path, ".device LFE5U-25F\n")) == 0
