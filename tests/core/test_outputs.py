"""Files that a user wants somewhere: odd names, and folders as deep as the system allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.odd_names import ODD
from toolkit.core.errors import OutputPathError
from toolkit.core.outputs import keep_file, require_file, require_folder


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_a_file_may_have_an_odd_name(tmp_path: Path, name: str) -> None:
    made, folder = tmp_path / "made", tmp_path / "folder"
    made.write_bytes(b"waves")
    folder.mkdir()
    require_file(folder / name, "--file")
    keep_file(made, folder / name)
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [(name, b"waves")]


def test_a_file_needs_no_room_for_folders_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    left = 4000 - len(str(tmp_path))
    folder = tmp_path.joinpath(*["n" * 199] * (left // 200))
    folder.mkdir(parents=True)
    require_file(folder / "x.vcd", "--file")
    with pytest.raises(OutputPathError, match=r"File name too long\. Choose another --out"):
        require_folder(folder)
