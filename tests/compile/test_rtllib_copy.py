"""Copies of FINN+'s RTL library: what is in them, and when there is none."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path

import pytest

from toolkit.compile.rtllib import PATCHES, Patch, copy_library, library_root, patched_text
from toolkit.compile.rtllib.patch import Move, Replace
from toolkit.core.errors import ToolMissing, UnsupportedVersion


def test_the_copy_holds_what_was_asked_for(tmp_path: Path) -> None:
    root = library_root()
    files = ["mvu/mvu.sv", root / "mvu" / "mvu_pkg.sv", "mvu/../mvu/mvu.sv", "swg/swg_common.sv"]
    copies = copy_library(tmp_path, files)
    assert [path.relative_to(tmp_path).as_posix() for path in copies] == [
        "mvu/mvu_pkg.sv",
        "mvu/mvu.sv",
        "swg/swg_common.sv",
    ]
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(copies)
    assert copies[0].read_bytes() == (root / "mvu" / "mvu_pkg.sv").read_bytes()  # no patch for it
    assert copies[1].read_bytes() != (root / "mvu" / "mvu.sv").read_bytes()


def test_a_second_copy_changes_nothing_but_damage(tmp_path: Path) -> None:
    (first,) = copy_library(tmp_path, ["mvu/mvu.sv"])
    stamp, content = first.stat().st_mtime_ns, first.read_bytes()
    (second,) = copy_library(tmp_path, ["mvu/mvu.sv"])
    assert (second, second.stat().st_mtime_ns) == (first, stamp)
    first.write_text("damaged")
    copy_library(tmp_path, ["mvu/mvu.sv"])
    assert first.read_bytes() == content


@pytest.mark.parametrize("file", ["mvu/none.sv", "../settings.py", "/etc/passwd", "mvu"])
def test_a_file_the_library_does_not_have(file: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedVersion, match="has no file"):
        copy_library(tmp_path, [file])
    assert not list(tmp_path.iterdir())


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.7.0")
    with pytest.raises(UnsupportedVersion, match=r"expected 1\.6\.1; found 1\.7\.0"):
        copy_library(tmp_path, ["mvu/mvu.sv"])


def test_no_finn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match="no RTL library"):
        library_root()

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(ToolMissing, match="not installed"):
        library_root()


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_a_changed_original_is_refused(patch: Patch) -> None:
    text = (library_root() / patch.file).read_text()
    edit = patch.edits[0]
    snippet = edit.find if isinstance(edit, Replace) else edit.first
    for changed, count in ((text.replace(snippet, ""), 0), (text + snippet, 2)):
        with pytest.raises(UnsupportedVersion, match=f"{patch.file} .*'{patch.name}'.*found {count} times"):
            patched_text(patch.file, changed)


def test_edits() -> None:
    patch = Patch("try", "a.sv", "", (Replace("two", "2"), Move("[", "]", "one")))
    assert patch.apply("zero one two [three] four") == "zero [three]\none 2  four"
