"""The archive: what is in it, that its bytes repeat, and that what was changed is refused."""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.package.toy_package import CLASSES, packed
from tests.runtime import toy
from toolkit.core.errors import ArtifactError, NothingCompared
from toolkit.package import BoardPackage
from toolkit.package.offramp_board.contents import PackageError, open_package


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        made.append(packed(tmp_path / name))
    assert made[0].digest == made[1].digest
    assert made[0].archive.read_bytes() == made[1].archive.read_bytes()
    assert made[0].file == "toy-made-up-ulx3s-85f.zip"


def test_a_package_is_read_back(tmp_path: Path) -> None:
    made = packed(tmp_path)
    found = BoardPackage.load(made.path)
    assert found == made
    found.archive.write_bytes(b"")
    with pytest.raises(ArtifactError, match="missing or was changed"):
        _ = found.archive


def test_it_holds_bitstream_examples_and_program(tmp_path: Path) -> None:
    package = open_package(packed(tmp_path).archive)
    assert package.bitstream == "ulx3s-85f.bit"
    assert package.files["ulx3s-85f.hwh"] == b"hardware"
    assert {"__main__.py", "offramp_board/__main__.py", "offramp_board/board.py"} < set(package.files)
    assert (package.classes, package.shape) == (CLASSES, toy.SHAPE)
    images, logits = package.examples()
    assert images.shape == (32, *toy.SHAPE)
    assert logits.shape == (2, 32, 3)
    folder = tmp_path / "board"
    folder.mkdir()
    assert package.extract_bitstream(folder).read_bytes() == b"bits"
    assert sorted(file.name for file in folder.iterdir()) == ["ulx3s-85f.bit", "ulx3s-85f.hwh"]


def test_without_a_bitstream_it_says_so(tmp_path: Path) -> None:
    package = open_package(packed(tmp_path, built=False).archive)
    assert package.bitstream is None
    with pytest.raises(PackageError, match="holds no bitstream: build it"):
        package.extract_bitstream(tmp_path)


def test_no_examples_are_no_selftest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy, "images", lambda count: np.zeros((0, *toy.SHAPE), np.uint8))
    with pytest.raises(NothingCompared, match="examples of a package"):
        packed(tmp_path)


def rewritten(path: Path, name: str, content: bytes | None) -> None:
    """Change a file of an archive, add it, or leave it out."""
    with zipfile.ZipFile(path) as archive:
        files = {one: archive.read(one) for one in archive.namelist()}
    files.pop(name, None)
    with zipfile.ZipFile(path, "w") as archive:
        for one, data in (files if content is None else {**files, name: content}).items():
            archive.writestr(one, data)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ulx3s-85f.bit", b"other bits"),
        ("examples.npz", None),
        ("offramp_board/decide.py", b"print()"),
        ("package.json", b"{}"),
        ("added.py", b"import os"),
    ],
)
def test_a_changed_file_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    archive = packed(tmp_path).archive
    rewritten(archive, name, content)
    with pytest.raises(PackageError, match=rf"was changed: {name}\. Copy it again"):
        open_package(archive)


def test_a_damaged_archive_is_refused_wherever_it_is(tmp_path: Path) -> None:
    archive = packed(tmp_path).archive
    whole, files = archive.read_bytes(), open_package(archive).files
    for at in np.linspace(0, len(whole) - 1, 60).astype(int):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        archive.write_bytes(damaged)
        with contextlib.suppress(PackageError):
            # Refused, or the damage is in what the archive's tables say of themselves, such as a date.
            assert open_package(archive).files == files
    for size in (0, 10, len(whole) // 2):
        archive.write_bytes(whole[:size])
        with pytest.raises(PackageError, match="is no package"):
            open_package(archive)
    with pytest.raises(PackageError, match=r"no package: .*nothing"):
        open_package(tmp_path / "nothing.zip")
