from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from tests.data.cifar_files import batch, binary, pickled, python, write
from tests.data.test_mnist import REAL
from toolkit.core.errors import DataError
from toolkit.data import Dataset, load
from toolkit.data.cifar import binary_batch, pickled_batch
from toolkit.data.cifar10 import BINARY, PYTHON, Version, assemble


def read(folder: Path, version: Version) -> Dataset:
    return assemble(folder, (version,), seed=0, per_class=4)


@pytest.mark.parametrize("packed", [False, True], ids=["unpacked", "archive"])
@pytest.mark.parametrize("version", [BINARY, PYTHON], ids=["binary", "python"])
def test_every_official_form_gives_the_same_images(tmp_path: Path, version: Version, packed: bool) -> None:
    dataset = read(tmp_path, write(tmp_path, version, packed))
    assert [len(split) for _, split in dataset.splits()] == [160, 20, 20, 40]
    assert dataset.image_shape == (3, 32, 32)
    pixels, labels = batch(5)
    assert np.array_equal(dataset.test.images, pixels.reshape(-1, 3, 32, 32))
    assert dataset.test.labels.tolist() == labels.tolist()
    other = tmp_path / "other"
    other.mkdir()
    assert read(other, write(other, BINARY)).digest == dataset.digest


def test_batches_may_lie_in_the_folder_itself(tmp_path: Path) -> None:
    version = write(tmp_path, PYTHON)
    for file in (tmp_path / version.folder).iterdir():
        file.rename(tmp_path / file.name)
    assert len(read(tmp_path, version).test) == 40


def test_files_that_are_not_the_official_ones_are_refused(tmp_path: Path) -> None:
    version = write(tmp_path, PYTHON, packed=True)
    with pytest.raises(DataError, match=r"python.tar.gz is not the official file; expected MD5 c58f"):
        read(tmp_path, PYTHON)
    (tmp_path / version.archive.name).unlink()
    write(tmp_path, PYTHON)
    with pytest.raises(DataError, match=r"data_batch_1 is not the official file; expected MD5 c99c"):
        read(tmp_path, PYTHON)


def test_a_missing_or_exchanged_batch_is_refused(tmp_path: Path) -> None:
    version = write(tmp_path, BINARY)
    (tmp_path / version.folder / "data_batch_3.bin").write_bytes(binary(*batch(3, per_class=3)))
    with pytest.raises(
        DataError, match=r"training batches .*expected 20 images of each class; found 19 to 19"
    ):
        read(tmp_path, version)
    (tmp_path / version.folder / "data_batch_3.bin").unlink()
    with pytest.raises(DataError, match=r"data_batch_3.bin is missing"):
        read(tmp_path, version)


def test_nothing_there_names_what_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"expected cifar-10-binary.tar.gz or cifar-10-python.tar.gz, or its batches"
    ):
        assemble(tmp_path, (BINARY, PYTHON), 0, 1000)
    with pytest.raises(DataError, match=r"cifar10 does not exist; expected a folder with cifar-10-binary"):
        load("cifar10", tmp_path)


def test_a_cut_archive_is_refused(tmp_path: Path) -> None:
    version = write(tmp_path, BINARY, packed=True)
    path = tmp_path / version.archive.name
    whole = path.read_bytes()
    for cut in (20, len(whole) // 2, len(whole) - 9):
        path.write_bytes(whole[:cut])
        with pytest.raises(DataError, match="is not the official file"):
            read(tmp_path, version)


PIXELS, LABELS = batch(0, 1)


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("false",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cannot be read"),
        (python(PIXELS, LABELS)[:-40], "cannot be read"),
        (pickle.dumps([1, 2], protocol=2), "a list instead of a mapping"),
        (pickled({"data": PIXELS}), "found KeyError 'labels'"),
        (pickled({"data": PIXELS[:, :-1], "labels": [0] * 10}), r"data uint8 \[10, 3071\]"),
        (pickled({"data": PIXELS, "labels": [0] * 9}), r"labels int64 \[9\]"),
        (pickled({"data": PIXELS, "labels": [0] * 9 + [10]}), "labels 0 to 9; found 10 in record 9"),
        (pickled({"data": PIXELS / 255, "labels": [0] * 10}), "values of type float64"),
        (pickle.dumps({"data": Harmful()}, protocol=2), "it asks for .*system"),
    ],
    ids=range(9),
)
def test_what_is_no_pickled_batch(content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words):
        pickled_batch(content, "batch")


def test_python_3_pickles_are_read_too() -> None:
    content = pickle.dumps({"data": PIXELS, "labels": LABELS.tolist()}, protocol=2)
    assert np.array_equal(pickled_batch(content, "batch").images.reshape(10, -1), PIXELS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "expected records of 3,073 bytes; found 0 bytes"),
        (binary(PIXELS, LABELS)[:-1], "found 30,729 bytes"),
        (binary(PIXELS, LABELS + 1), "expected labels 0 to 9; found 10 in record"),
    ],
)
def test_what_are_no_binary_records(content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words):
        binary_batch(content, "batch")


def write_subset(folder: Path, *per_class: int) -> None:
    (folder / "cifar10-subset").mkdir()
    names = [f"data_batch_{number}.bin" for number in (2, 10)] + ["test_batch.bin"]
    for number, (name, count) in enumerate(zip(names, per_class, strict=True)):
        (folder / "cifar10-subset" / name).write_bytes(binary(*batch(number, count)))


def test_the_subset_is_any_number_of_records(tmp_path: Path) -> None:
    write_subset(tmp_path, 12, 8, 1)
    dataset = load("cifar10-subset", tmp_path)
    assert [len(split) for _, split in dataset.splits()] == [160, 20, 20, 10]
    assert dataset.name == "cifar10-subset"


def test_a_subset_too_small_for_its_split_names_the_classes(tmp_path: Path) -> None:
    write_subset(tmp_path, 3, 3, 1)
    with pytest.raises(
        DataError, match=r"too few images .*found none of \w+ for validation, .*20 images of each"
    ):
        load("cifar10-subset", tmp_path)


@pytest.mark.skipif(
    not (REAL / "cifar10-subset").is_dir() and os.environ.get("CI") != "true",
    reason="the subset of CIFAR-10 is not on this machine",
)
def test_the_real_subset() -> None:
    dataset = load("cifar10-subset", REAL)
    assert [len(split) for _, split in dataset.splits()] == [5636, 704, 704, 761]
    assert np.bincount(dataset.test.labels).min() > 50
