from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from toolkit.core.errors import DataError
from toolkit.data import load
from toolkit.data.svhn import FILES, MatFile, assemble, decode


def content(count: int, seed: int = 0) -> dict[str, Any]:
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 32, 3, count), dtype=np.uint8)
    return {"X": pixels, "y": (np.arange(count) % 10 + 1).astype(np.uint8)[:, np.newaxis]}


def write(folder: Path, name: str, values: dict[str, Any]) -> MatFile:
    savemat(folder / name, values, do_compression=True)
    found = hashlib.md5((folder / name).read_bytes()).hexdigest()
    return MatFile(name, found, values["X"].shape[-1])


def test_files_become_splits_and_10_is_the_digit_0(tmp_path: Path) -> None:
    files = [write(tmp_path, file.name, content(n, n)) for file, n in zip(FILES, (200, 30), strict=True)]
    dataset = assemble(tmp_path, files, seed=0)
    assert [len(split) for _, split in dataset.splits()] == [160, 20, 20, 30]
    assert dataset.image_shape == (3, 32, 32)
    assert dataset.test.labels.tolist() == [(n + 1) % 10 for n in range(30)]
    assert np.array_equal(dataset.test.images[7, 2], content(30, 30)["X"][:, :, 2, 7])


def test_files_that_are_not_the_official_ones_are_refused(tmp_path: Path) -> None:
    (tmp_path / "svhn").mkdir()
    write(tmp_path / "svhn", "train_32x32.mat", content(10))
    with pytest.raises(DataError, match=r"train_32x32.mat is not the official file; expected MD5 e26d"):
        load("svhn", tmp_path)
    with pytest.raises(DataError, match=r"svhn does not exist; expected a folder with train_32x32.mat"):
        load("svhn", tmp_path / "nowhere")


WHOLE = content(10)
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no labels": ({"X": WHOLE["X"]}, "found KeyError 'y'"),
    "floats": ({**WHOLE, "X": WHOLE["X"] / 255}, "X float64"),
    "other order": ({**WHOLE, "X": WHOLE["X"].transpose(3, 0, 1, 2)}, r"X uint8 \[10, 32, 32, 3\]"),
    "a label 0": ({**WHOLE, "y": WHOLE["y"] - 1}, "instead of 10 labels 1 to 10"),
    "a label 11": ({**WHOLE, "y": WHOLE["y"] + 1}, "instead of 10 labels 1 to 10"),
    "a label too few": ({**WHOLE, "y": WHOLE["y"][1:]}, r"y uint8 \[9\]"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_file_of_svhn(tmp_path: Path, kind: str) -> None:
    values, words = WRONG[kind]
    savemat(tmp_path / "a.mat", values)
    with pytest.raises(DataError, match=words):
        decode(tmp_path / "a.mat", 10)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.mat", WHOLE)
    whole = (tmp_path / "a.mat").read_bytes()
    for cut in (0, 1, 100, 127, 128, 200, len(whole) // 2, len(whole) - 1):
        (tmp_path / "a.mat").write_bytes(whole[:cut])
        with pytest.raises(DataError, match=r"a\.mat cannot be read; expected a MATLAB file"):
            decode(tmp_path / "a.mat", 10)
