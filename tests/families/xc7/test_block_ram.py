"""Widths of block RAMs: what nextpnr leaves out is added, and the bits are compared with the netlist."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.families.xc7 import made_up
from toolkit.core.errors import ArtifactError, NothingCompared, VerificationMismatch
from toolkit.families.xc7 import assemble, bits, plan
from toolkit.families.xc7.block_ram import placed, require_widths
from toolkit.families.xc7.database import Bit

PORTS = ("READ_WIDTH_A", "READ_WIDTH_B", "WRITE_WIDTH_A", "WRITE_WIDTH_B")
FASM = {
    9: "READ_WIDTH_B_4 WRITE_WIDTH_A_4",
    4: "READ_WIDTH_B_2 WRITE_WIDTH_A_2",
    1: "READ_WIDTH_B_1 WRITE_WIDTH_A_1",
}
"""What nextpnr writes for each half of a RAMB36E1."""


def netlist(kind: str, place: str, **widths: int) -> dict[str, Any]:
    parameters = {port: f"{widths.get(port, 0):032b}" for port in PORTS}
    cell = {"type": f"{kind}_{kind}", "parameters": parameters, "attributes": {"NEXTPNR_BEL": place}}
    return {"modules": {"top": {"cells": {"ram": cell, "lut": {"type": "LUT"}}}}}


def design(folder: Path, cells: dict[str, Any], fasm: str) -> Path:
    """The folder of a design that has been assembled."""
    folder.mkdir()
    (folder / plan.PLACED).write_text(json.dumps(cells))
    (folder / plan.CONFIGURATION).write_text(fasm)
    frames = assemble.build(made_up.write(folder / "db"), folder)
    unpacked(folder, set(frames.on))
    return folder


def unpacked(folder: Path, found: set[Bit]) -> None:
    """What bitread would write, with a checksum."""
    lines = [f"bit_{bit.frame:08x}_{bit.word:03d}_{bit.bit:02d}" for bit in sorted(found)]
    (folder / plan.UNPACKED).write_text("\n".join([*lines, "bit_00400300_050_12", ""]))


def whole(width: int, names: str) -> tuple[dict[str, Any], str]:
    cells = netlist("RAMB36E1", "X19Y9/RAMB36_X0Y0.RAMB36E1", READ_WIDTH_B=width, WRITE_WIDTH_A=width)
    lines = [f"BRAM_L_X6Y0.RAMB18_Y{half}.{name}" for half in (0, 1) for name in names.split()]
    return cells, "\n".join([*lines, "BRAM_L_X6Y0.RAMB18_Y0.INIT_00[0]", ""])


@pytest.mark.parametrize(("width", "added"), [(9, {201, 202}), (1, {201, 202}), (4, set())])
def test_the_bits_that_nextpnr_leaves_out_are_added(tmp_path: Path, width: int, added: set[int]) -> None:
    folder = design(tmp_path / "d", *whole(width, FASM[width]))
    compared = bits.compare(folder)
    found = bits.packed((folder / plan.FRAMES).read_text())
    assert {bit for bit in found if bit.frame == 0x0040031B and bit.word * 32 + bit.bit >= 200} == {
        Bit(0x0040031B, at // 32, at % 32) for at in added
    }
    assert compared.bits == len(found)
    assert (compared.tiles, compared.memory_words) == (1, 1)


def test_a_width_that_is_not_the_cells(tmp_path: Path) -> None:
    folder = design(tmp_path / "d", *whole(9, FASM[4]))
    message = r"width of block RAM ram in the bitstream; expected BRAM_L_X6Y0\.RAMB18_Y0\.READ_WIDTH_B_4 set"
    with pytest.raises(VerificationMismatch, match=message):
        bits.compare(folder)


def test_a_bit_of_width_in_a_ram_that_is_not_so_wide(tmp_path: Path) -> None:
    cells, fasm = whole(4, FASM[4])
    folder = design(tmp_path / "d", cells, f"{fasm}BRAM_L_X6Y0.RAMB36.BRAM36_READ_WIDTH_B_1\n")
    with pytest.raises(VerificationMismatch, match=r"BRAM36_READ_WIDTH_B_1 not set; found set"):
        bits.compare(folder)


@pytest.mark.parametrize("half", [0, 1])
def test_half_a_block_ram(tmp_path: Path, half: int) -> None:
    """Simple dual port at full width: both ports of a direction at 18, and the bit of the mode."""
    cells = netlist("RAMB18E1", f"X19Y9/RAMB18_X0Y{half}.RAMB18E1", READ_WIDTH_A=36, WRITE_WIDTH_B=36)
    names = [f"SDP_{way}_WIDTH_36" for way in ("READ", "WRITE")]
    names += ["READ_WIDTH_B_18", "WRITE_WIDTH_A_18", "WRITE_WIDTH_B_18"]
    lines = [f"BRAM_L_X6Y0.RAMB18_Y{half}.{name}\n" for name in names]
    bits.compare(design(tmp_path / "d", cells, "".join(lines)))
    for i, left in enumerate(names):
        folder = design(tmp_path / left, cells, "".join(line for line in lines if line is not lines[i]))
        with pytest.raises(VerificationMismatch, match=f"{left} set; found not set"):
            bits.compare(folder)


def test_any_other_bit(tmp_path: Path) -> None:
    folder = design(tmp_path / "d", *whole(4, FASM[4]))
    found = bits.packed((folder / plan.FRAMES).read_text())
    for other, message in (
        (found - {min(found)}, "1 missing, 0 too many"),
        (found | {Bit(1, 2, 3)}, "0 missing, 1"),
    ):
        unpacked(folder, other)
        with pytest.raises(VerificationMismatch, match=message):
            bits.compare(folder)
    (folder / plan.UNPACKED).write_text("what\n")
    with pytest.raises(ArtifactError, match="line 1; expected a bit; found what"):
        bits.compare(folder)


def test_nothing_is_no_success(tmp_path: Path) -> None:
    folder = design(tmp_path / "d", {"modules": {}}, "")
    with pytest.raises(NothingCompared):
        bits.compare(folder)
    with pytest.raises(NothingCompared, match="widths of block RAMs; expected those of 2"):
        require_widths([], set(), 2)


@pytest.mark.parametrize(
    ("place", "width"),
    [("", 9), ("X1Y9/RAMB36_X0Y0.RAMB36E1", 9), ("X19Y9/RAMB36_X0Y0.RAMB36E1", 5)],
    ids=["no place", "a place without block RAM", "no such width"],
)
def test_a_block_ram_that_cannot_be(tmp_path: Path, place: str, width: int) -> None:
    cells = netlist("RAMB36E1", place, READ_WIDTH_A=width)
    with pytest.raises(ArtifactError, match="block RAM ram; expected a place, and widths"):
        placed(cells, made_up.write(tmp_path / "db"))
