"""Loading a bitstream: a stand-in for openFPGALoader says what it was asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.boards import board
from toolkit.core.errors import BadOption, ToolFailed, ToolMissing
from toolkit.implement.load import load_bitstream


@pytest.fixture
def loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that writes its arguments to ``asked``."""
    program, asked = tmp_path / "openFPGALoader", tmp_path / "asked"
    program.write_text(
        f"""#!/bin/sh
if [ "$1" = --Version ]; then echo "openFPGALoader v0.13.1"; exit 0; fi
for word in "$@"; do echo "$word"; done > {asked}
if [ -e {tmp_path}/unplugged ]; then echo "unable to open ftdi device: -3 (device not found)"; exit 1; fi
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("OFFRAMP_OPENFPGALOADER", str(program))
    return asked


@pytest.mark.parametrize("flash", [False, True])
def test_the_boards_command_is_run(loader: Path, tmp_path: Path, flash: bool) -> None:
    (bit := tmp_path / "a b.bit").touch()
    line = load_bitstream(board("ulx3s-85f"), bit, flash=flash)
    more = ["--write-flash"] if flash else []
    assert loader.read_text().splitlines() == ["--board", "ulx3s", *more, str(bit)]
    assert line == " ".join(["openFPGALoader", "--board", "ulx3s", *more, f"'{bit}'"])


def test_what_it_says_without_a_board_is_shown(loader: Path, tmp_path: Path) -> None:
    (tmp_path / "unplugged").touch()
    with pytest.raises(ToolFailed, match=r"loading ulx3s-85f by openFPGALoader 0\.13\.1; .*device not found"):
        load_bitstream(board("ulx3s-85f"), tmp_path / "it.bit")


def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFRAMP_OPENFPGALOADER", str(tmp_path / "none"))
    with pytest.raises(ToolMissing, match=r"openFPGALoader is missing; .*apt-get install openfpgaloader"):
        load_bitstream(board("ulx3s-85f"), tmp_path / "it.bit")


def test_a_board_that_it_does_not_load_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadOption, match="offramp load for zcu104; expected a board that openFPGA"):
        load_bitstream(board("zcu104"), tmp_path / "it.bit")
