from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from toolkit import families, links
from toolkit.boards import SIM, board, names, targets
from toolkit.boards.board import FOLDER
from toolkit.core.errors import ArtifactError, UnknownName


def changed(folder: Path, old: str, new: str) -> None:
    """Put a copy of the Pynq-Z2's file in ``folder``, changed in one place, as board ``mine``."""
    text = (FOLDER / "pynq-z2.toml").read_text()
    assert text.count(old) >= 1
    (folder / "mine.toml").write_text(text.replace(old, new, 1))


def test_the_boards_that_ship() -> None:
    for name in names():
        assert board(name).name == name
    parts = {board(name).part: name for name in names() if name.startswith(("ulx3s", "orangecrab"))}
    assert parts == {
        "LFE5U-12F-6BG381C": "ulx3s-12f",
        "LFE5U-25F-6BG381C": "ulx3s-25f",
        "LFE5U-45F-6BG381C": "ulx3s-45f",
        "LFE5U-85F-6BG381C": "ulx3s-85f",
        "LFE5U-25F-8MG285C": "orangecrab-25f",
        "LFE5U-85F-8MG285C": "orangecrab-85f",
    }
    pynq = board("pynq-z2")
    assert (pynq.part, pynq.resources.lut, pynq.resources.dsp) == ("xc7z020clg400-1", 53200, 220)
    assert pynq.idle_w is not None
    assert pynq.idle_w.low <= pynq.idle_w.value <= pynq.idle_w.high


def test_targets_are_boards_with_a_toolchain_and_a_link() -> None:
    found = targets()
    assert list(found) == [SIM, *names()], "every board that ships is a target"
    assert found[SIM] == "the accelerators' RTL, simulated; no bitstream"
    assert found["ulx3s-85f"] == "a bitstream for the ULX3S with an ECP5 85F, made by open tools"
    assert found["zc706"] == "a bitstream for the ZC706 with a Zynq-7000 Z-7045, made by Vivado"
    for name in names():
        on = board(name)
        assert families.family(on.family).covers(on.part)
        for tools in on.tables:
            by = board(name, tools=tools)
            pins = set(by.table.widths) - {"clk", "reset", "led", "rgb", "high"}
            assert pins == set(links.chip_side(by).pins)


def test_boards_without_a_measured_idle_power_have_none() -> None:
    assert [name for name in names() if board(name).idle_w is not None] == ["pynq-z2", "pynq-z2-mmio"]
    assert not board("ulx3s-85f").power


def test_every_number_of_a_board_has_a_source() -> None:
    for on in map(board, names()):
        for constant in (on.resources, on.clock_mhz, *on.power.values(), *on.tables.values()):
            assert len(constant.source) > 10
            assert isinstance(constant.verified, bool)


def test_a_board_is_added_by_adding_a_file(tmp_path: Path) -> None:
    for file in FOLDER.glob("*.toml"):
        shutil.copy(file, tmp_path)
    changed(tmp_path, 'name = "pynq-z2"', 'name = "mine"')
    assert "mine" in names(tmp_path)
    assert board("mine", tmp_path).resources == board("pynq-z2").resources


def test_a_board_may_be_like_another(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "ulx3s-85f.toml", tmp_path)
    own = 'like = "ulx3s-85f"\nname = "mine"\npart = "LFE5U-25F-6BG381C"\n[ecp5]\ndevice = "LFE5U-25F"\n'
    file = tmp_path / "mine.toml"
    file.write_text(own)
    mine, other = board("mine", tmp_path), board("ulx3s-85f", tmp_path)
    assert (mine.table.device, mine.table.ports) == ("LFE5U-25F", other.table.ports)
    assert (mine.resources, mine.title) == (board("ulx3s-25f").resources, other.title)
    file.write_text(own.replace('device = "', 'size = "'))
    with pytest.raises(ArtifactError, match=r"mine\.toml: ecp5\.size; expected no such key"):
        board("mine", tmp_path)
    file.write_text(own.replace('name = "mine"\n', ""))
    with pytest.raises(ArtifactError, match=r"mine\.toml: name; expected mine; found ulx3s-85f"):
        board("mine", tmp_path)
    file.write_text(own.replace('like = "ulx3s-85f"', 'like = "ulx3s"'))
    with pytest.raises(UnknownName, match="unknown board 'ulx3s'"):
        board("mine", tmp_path)
    file.write_text(own.replace('like = "ulx3s-85f"', 'like = "mine"'))
    with pytest.raises(ArtifactError, match=r"mine\.toml: like; expected a board that is like no other"):
        board("mine", tmp_path)


def test_an_empty_table_removes_one(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "pynq-z2.toml", tmp_path)
    own = (FOLDER / "pynq-z2-mmio.toml").read_text()
    file = tmp_path / "pynq-z2-mmio.toml"
    file.write_text(f"{own}\n[power]\n")
    mine = board("pynq-z2-mmio", tmp_path)
    assert (list(mine.tables), mine.power, mine.table.reset, mine.table.pins) == (["open"], {}, None, {})
    for key, wrong in (("vivado", "vivaldi"), ("xc7.reset", "xc7.rset")):
        file.write_text(own.replace(f"[{key}]", f"[{wrong}]"))
        with pytest.raises(ArtifactError, match=rf"mio\.toml: {re.escape(wrong)}; expected no such key"):
            board("pynq-z2-mmio", tmp_path)


def test_an_unknown_board_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown board 'pynq-z1'.*Did you mean pynq-z2"):
        board("pynq-z1")


@pytest.mark.parametrize("missing", ["source", "verified", "low", "unit"])
def test_a_constant_without_source_names_file_and_key(tmp_path: Path, missing: str) -> None:
    text = (FOLDER / "zcu104.toml").read_text()
    head, key, tail = text.partition("[power.rail_int_w]")
    lines = [line for line in tail.splitlines() if not line.startswith(missing)]
    (tmp_path / "mine.toml").write_text("\n".join([head, key, *lines]))
    with pytest.raises(ArtifactError, match=rf"mine\.toml: power\.rail_int_w\.{missing}.*states value"):
        board("mine", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value = 1.52", "value = -1.52", r"power\.idle_w\.value.*greater than 0"),
        ("value = 1.52", "value = 1.6", r"power\.idle_w.*low <= value <= high"),
        ("value = 1.52", "value = inf", "inf where a finite number belongs"),
        ("value = 100.0", "value = 0.0", r"clock_mhz\.value.*greater than 0"),
        ('source = "a request', 'source = ""\nwhy = "a', r"clock_mhz\.source.*at least 1 character"),
        ("lut = 53200", "luts = 53200", r"resources\.lut.*a value; found nothing"),
        ("[resources]", "[resources", "cannot be read.*TOML"),
    ],
)
def test_a_damaged_board_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    changed(tmp_path, old, new)
    with pytest.raises(ArtifactError, match=message):
        board("mine", tmp_path)


def test_what_is_not_verified_says_so(tmp_path: Path) -> None:
    changed(tmp_path, '1.52 twice, 1.48 once"""\nverified = true', 'once"""\nverified = false')
    (tmp_path / "mine.toml").rename(tmp_path / "pynq-z2.toml")
    constant = board("pynq-z2", tmp_path).idle_w
    assert constant is not None
    assert constant.citation.endswith("once (unverified)")
