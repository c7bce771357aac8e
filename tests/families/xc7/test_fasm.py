"""FASM to frames, by a database made up here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.families.xc7 import made_up
from toolkit.core.errors import ArtifactError
from toolkit.families.xc7.database import Bit, Database
from toolkit.families.xc7.fasm import FasmLine, assemble, read


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return made_up.write(tmp_path / "db")


def test_lines() -> None:
    text = """
    # a remark
    INT_L_X0Y0.NORTH.SOUTH  # another
    A.B[3] = 1
    A.B[7:4] = 4'b0101
    A.B[7:4] = 4'h0
    A.C[1:0] = 2
    A.D = 0
    """
    assert list(read(text, "x")) == [
        FasmLine("INT_L_X0Y0", "NORTH.SOUTH", (0,)),
        FasmLine("A", "B", (3,)),
        FasmLine("A", "B", (4, 6)),
        FasmLine("A", "C", (1,)),
    ]
    with pytest.raises(ArtifactError, match=r"x, line 2; expected TILE\.SETTING; found no setting"):
        list(read("A.B\nno setting\n", "x"))


def test_bits_lie_where_the_tile_begins(database: Database) -> None:
    text = "CLBLL_L_X2Y5.SLICEL_X0.ALUT.INIT[1:0] = 2'b11\nINT_L_X0Y0.NORTH.SOUTH\nINT_L_X0Y0.BYP.VCC\n"
    found = assemble(database, text, "x")
    assert set(found.on) == {
        Bit(0x00400100 + 32, 10, 15),
        Bit(0x00400100 + 33, 11, 1),
        Bit(0x00400000 + 4, 4, 3),
    }
    assert set(found.off) == {Bit(0x00400000 + 5, 4, 3)}
    assert found.tiles == {"CLBLL_L_X2Y5", "INT_L_X0Y0"}
    frame = found.text().splitlines()[0].split()
    words = frame[1].split(",")
    assert (frame[0], len(words), words[4], set(words) - {words[4]}) == (
        "0x00400004",
        101,
        "0x00000008",
        {"0x00000000"},
    )


def test_contents_of_memories_have_frames_of_their_own(database: Database) -> None:
    found = assemble(database, "BRAM_L_X6Y0.RAMB18_Y0.INIT_00[1:0] = 2'b10", "x")
    assert set(found.on) == {Bit(0x00C00303, 1, 8)}


def test_a_tile_may_be_a_part_of_another_type(database: Database) -> None:
    found = assemble(database, "LIOB33_SING_X0Y0.IOB_Y0.PULLTYPE.NONE", "x")
    assert set(found.on) == {Bit(0x00400000 + 38, 50, 2)}


def test_what_the_part_requires(tmp_path: Path) -> None:
    database = made_up.write(tmp_path / "db", "INT_L_X0Y0.NORTH.WEST\n")
    assert set(assemble(database, "", "x").on) == {Bit(0x00400005, 4, 3)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "INT_L_X0Y0.NORTH.SOUTH\nINT_L_X0Y0.NORTH.WEST",
            "as INT_L_X0Y0.NORTH.SOUTH has it; found the opposite by",
        ),
        (
            "INT_L_X0Y0.NORTH.EAST",
            r"configuration of INT_L_X0Y0; expected a setting of INT_L; found NORTH\.EAST\[0\]",
        ),
        ("CLBLL_L_X2Y5.SLICEL_X0.ALUT.INIT[2]", r"found SLICEL_X0\.ALUT\.INIT\[2\]"),
        ("INT_L_X9Y9.NORTH.SOUTH", "tile of die; expected one of its grid; found INT_L_X9Y9"),
        ("NULL_X0Y0.NORTH.SOUTH", "expected a setting of NULL"),
    ],
)
def test_what_the_database_does_not_have(database: Database, text: str, message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        assemble(database, text, "x")


def test_a_part_that_the_database_does_not_have(tmp_path: Path) -> None:
    made_up.write(tmp_path / "db")
    with pytest.raises(ArtifactError, match=r"parts\.yaml; expected device of xc7a2t; found none"):
        Database.of(tmp_path / "db", "xc7a2t")


def test_balls_of_the_package(database: Database) -> None:
    assert database.sites() == {"A1", "B2"}
