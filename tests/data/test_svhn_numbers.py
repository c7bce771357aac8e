"""SVHN's full numbers, from small files in the official format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.svhn_files import Digit, write_folder, write_labels
from toolkit.core.errors import DataError, ToolMissing
from toolkit.data import DatasetInfo, load, svhn_numbers
from toolkit.data.svhn_numbers import assemble, read_numbers

PICTURES = {"train": 60, "test": 12}


def test_without_the_package_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svhn_numbers.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match="expected the package h5py"):
        read_numbers(tmp_path / "digitStruct.mat")


def test_without_folders_their_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"svhn_numbers/train does not exist; .* 33,402 pictures.*housenumbers"
    ):
        load("svhn_numbers", tmp_path)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    pytest.importorskip("h5py")
    return tmp_path / "digitStruct.mat"


def test_folders_become_splits(tmp_path: Path, labels: Path) -> None:
    digits = {name: write_folder(tmp_path / name, count) for name, count in PICTURES.items()}
    data = assemble(tmp_path, PICTURES, 0)
    assert [len(split) for _, split in data.splits()] == [48, 6, 6, 12]
    assert (data.image_shape, data.groups, len(data.classes)) == ((3, 64, 64), 6, 11)
    about = DatasetInfo.of(data)
    names = [about.named(label) for label in data.test.labels.tolist()]
    assert names == ["".join(map(str, one)) for one in digits["test"]]
    for image, wanted in zip(data.test.images, digits["test"], strict=True):
        # 12 k - 2 pixels of digits and 15 % on each side fill 64: the middle of digit k is known.
        width = 1.3 * (12 * len(wanted) - 2)
        margin = min(5.0, 0.15 * (12 * len(wanted) - 2))
        width -= 0.15 * (12 * len(wanted) - 2) - margin
        for k, digit in enumerate(wanted):
            middle = int((margin + 12 * k + 5) * 64 / width)
            assert abs(int(image[0, 32, middle]) - (20 * digit + 20)) <= 2
    assert assemble(tmp_path, PICTURES, 0).digest == data.digest != assemble(tmp_path, PICTURES, 1).digest


def test_a_folder_of_another_size_is_refused(tmp_path: Path, labels: Path) -> None:
    write_folder(tmp_path / "svhn_numbers" / "train", 3)
    with pytest.raises(DataError, match=r"digitStruct.mat; expected 33,402; found 3"):
        load("svhn_numbers", tmp_path)


ONE = [Digit(1.0, 3.0, 4.0)]
WRONG = {
    "label 0": ([("1.png", [Digit(0.0, 3.0, 4.0)])], r"labels \[0.0\] instead of 1 to 10"),
    "label 2.5": ([("1.png", [Digit(2.5, 3.0, 4.0)])], r"labels \[2.5\] instead of 1 to 10"),
    "seven digits": ([("1.png", ONE * 7)], "found 7 digits instead of 1 to 6"),
    "a path": ([("../1.png", ONE)], "found a picture '../1.png'"),
    "a long name": ([("1" * 40 + ".png", ONE)], "found a picture 'a long name'"),
    "nan": ([("1.png", [Digit(1.0, float("nan"), 4.0)])], "found a value that is not finite"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_labels_that_are_none_are_refused(labels: Path, kind: str) -> None:
    numbers, words = WRONG[kind]
    write_labels(labels, numbers)
    with pytest.raises(DataError, match=words):
        read_numbers(labels)


def test_other_hdf5_is_refused(labels: Path) -> None:
    write_labels(labels, [("1.png", ONE)], name=[], bbox=[])
    with pytest.raises(DataError, match=r"cannot be read; expected a MATLAB file of version 7.3"):
        read_numbers(labels)
    labels.write_bytes(b"")
    with pytest.raises(DataError, match="found an empty file"):
        read_numbers(labels)


def test_a_box_outside_its_picture_is_refused(tmp_path: Path, labels: Path) -> None:
    for name in PICTURES:
        (tmp_path / name).mkdir()
        write_labels(tmp_path / name / "digitStruct.mat", [("1.png", [Digit(1.0, 50.0, 4.0)])])
        Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(tmp_path / name / "1.png")
    with pytest.raises(DataError, match=r"1.png; expected a box inside 9 x 9 pixels; found one from 50, 4"):
        assemble(tmp_path, {"train": 1, "test": 1}, 0)
