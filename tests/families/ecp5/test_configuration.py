"""Two texts of one configuration are the same bits; one bit less is a mismatch that names its tile."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.core.errors import ArtifactError, NothingCompared, VerificationMismatch
from toolkit.families.ecp5.configuration import Compared, Configuration, compare, read

LOGIC = """\
# Routing Mux Bits
.mux A0
F5 F1B3 F4B2
F7 F1B2 F2B2

.config K0.INIT 1111
!F0B0
!F0B1
!F0B2
!F0B3

.config_enum MODE LOGIC
CCU2 F5B0
LOGIC !F5B0
RAM F5B0 F5B1

.fixed_conn A B
"""
PAD = """\
.config_enum DRIVE
16 F2B0 !F3B0
8 F3B0

.config_enum TYPE NONE
LVCMOS33 F1B0 F2B0
LVTTL33 F1B0 F2B0
NONE F9B0
"""
HALF = """\
.config_enum MULT.MODE NONE
MULT18 F0B0
NONE !F0B0

.config WID 000
F1B0
F1B1
-
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    for name, text in {
        "LOGIC": LOGIC,
        "PAD": PAD,
        "LEFT": HALF,
        "RIGHT": HALF.replace("MULT.", "ALU."),
    }.items():
        (tmp_path / "tiledata" / name).mkdir(parents=True)
        (tmp_path / "tiledata" / name / "bits.db").write_text(text)
    return tmp_path


def parsed(folder: Path, text: str, name: str = "a") -> Configuration:
    (folder / name).write_text(f".device D\n\n.comment whatever\n\n{text}")
    return read(folder / name)


PACKED = """\
.tile R1:LOGIC
arc: A0 F5
word: K0.INIT 1010
enum: MODE LOGIC
unknown: F7B7

.tile R2:PAD
enum: TYPE LVCMOS33
enum: DRIVE 8

.tile_group R3:LEFT R4:RIGHT
word: WID 001
enum: MULT.MODE MULT18

.bram_init 3
001 1ff
0a0 000
"""
UNPACKED = """\
.tile R1:LOGIC
arc: A0 F5
word: K0.INIT 1010
unknown: F7B7

.tile R2:PAD
enum: DRIVE 8
enum: TYPE LVTTL33

.tile R3:LEFT
enum: MULT.MODE MULT18
word: WID 001

.tile R4:RIGHT
word: WID 001

.tile R5:PAD

.bram_init 3
001 1ff 0a0 000
"""


def test_other_words_for_the_same_bits_are_equal(tmp_path: Path, database: Path) -> None:
    found = compare(parsed(tmp_path, PACKED), parsed(tmp_path, UNPACKED, "b"), database)
    # LOGIC: the switch's two, two zeros of the word (inverted), one unknown. PAD: three, one by default.
    assert found == Compared(tiles=5, bits=5 + 3 + 2 + 1 + 1, memory_words=4)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("arc: A0 F5\n", "", r"tile R1:LOGIC; .*found F1B3, F4B2 missing, none too many"),
        ("1010", "1011", r"tile R1:LOGIC; .*F0B0 missing"),
        ("MULT.MODE MULT18\n", "MULT.MODE NONE\n", "tile R3:LEFT; .*F0B0 missing"),
        ("unknown: F7B7", "enum: MODE RAM", r"tile R1:LOGIC; .*F7B7 missing, F5B0, F5B1 too many"),
        (".tile R5:PAD\n", ".tile R5:PAD\nenum: TYPE LVTTL33\n", r"tile R5:PAD; .*F9B0 missing, F1B0, F2B0"),
        ("0a0", "0a1", "contents of the bitstream's block RAM 3"),
        (".bram_init 3", ".bram_init 4", "contents of the bitstream's block RAM 3"),
    ],
)
def test_a_difference_names_the_first_tile(
    tmp_path: Path, database: Path, old: str, new: str, message: str
) -> None:
    assert UNPACKED.count(old) >= 1
    packed, unpacked = parsed(tmp_path, PACKED), parsed(tmp_path, UNPACKED.replace(old, new, 1), "b")
    with pytest.raises(VerificationMismatch, match=message):
        compare(packed, unpacked, database)


def test_another_device_is_a_difference(tmp_path: Path, database: Path) -> None:
    other = parsed(tmp_path, UNPACKED)
    other.device = "E"
    with pytest.raises(VerificationMismatch, match="device of the bitstream; expected D; found E"):
        compare(parsed(tmp_path, PACKED), other, database)


def test_nothing_to_compare_is_an_error(tmp_path: Path, database: Path) -> None:
    empty = parsed(tmp_path, ".tile R3:LEFT\n")
    with pytest.raises(NothingCompared):
        compare(empty, empty, database)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".tile R1:LOGIC\narc: A0 F9\n", "tile R1:LOGIC.*found arc A0 F9"),
        (".tile R1:LOGIC\nword: K0.INIT 101\n", r"word K0\.INIT; expected 4 bit; found 101"),
        (".tile_group R3:LEFT R4:RIGHT\nenum: X Y\n", r"tiles R3:LEFT \.\.\..*found enum X Y"),
        (".tile R1:OTHER\nunknown: F0B0\n", "OTHER/bits.db is missing"),
    ],
)
def test_what_the_database_does_not_have_is_refused(
    tmp_path: Path, database: Path, text: str, message: str
) -> None:
    with pytest.raises(ArtifactError, match=message):
        compare(parsed(tmp_path, text), parsed(tmp_path, PACKED, "b"), database)


@pytest.mark.parametrize(
    "text", [".strange x\n", ".tile R1:LOGIC\nsomething: X\n", ".tile R1:LOGIC\narc: A0\n"]
)
def test_lines_of_an_unknown_kind_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ArtifactError, match="that are known"):
        parsed(tmp_path, text)
