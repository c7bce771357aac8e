from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.data.idx_files import write, write_mnist
from toolkit.core.errors import BadOption, DataError, UnknownName
from toolkit.data import Dataset, fashion_mnist, idx_set, load, mnist, names
from toolkit.data.idx import IdxFile
from toolkit.data.request import Request

REAL = Path(os.environ.get("OFFRAMP_DATA_DIR", Path(__file__).parents[3] / "shared" / "data"))


def loaded(folder: Path, files: list[IdxFile], seed: int = 0) -> Dataset:
    return replace(mnist.SET, files=tuple(files)).load(Request(folder, seed=seed))


def small(folder: Path, seed: int = 0) -> Dataset:
    return loaded(folder, write_mnist(folder), seed)


def test_files_become_splits(tmp_path: Path) -> None:
    dataset = small(tmp_path)
    assert [len(split) for _, split in dataset.splits()] == [200, 20, 20, 30]
    assert dataset.image_shape == (1, 28, 28)
    assert dataset.test.labels.tolist() == [index % 10 for index in range(30)]
    again = small(tmp_path)
    other = small(tmp_path, seed=1)
    assert dataset.digest == again.digest != other.digest


def test_images_cannot_be_changed_by_accident(tmp_path: Path) -> None:
    dataset = small(tmp_path)
    for _, split in dataset.splits():
        with pytest.raises(ValueError, match="read-only"):
            split.images[0] = 0


def test_labels_given_as_images_are_refused(tmp_path: Path) -> None:
    files = write_mnist(tmp_path)
    shutil.copy(tmp_path / files[1].name, tmp_path / files[0].name)
    with pytest.raises(DataError, match="expected 240 images of 28x28; found 240 labels"):
        loaded(tmp_path, files)


def test_files_of_the_other_part_are_refused(tmp_path: Path) -> None:
    files = write_mnist(tmp_path)
    shutil.copy(tmp_path / files[3].name, tmp_path / files[1].name)
    with pytest.raises(DataError, match="expected 240 labels; found 30 labels"):
        loaded(tmp_path, files)


def test_well_formed_but_unofficial_files_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "mnist"
    folder.mkdir()
    write(folder, mnist.SET.files[0].name, np.zeros((60000, 28, 28), dtype=np.uint8))
    with pytest.raises(DataError, match="not the official file"):
        load("mnist", tmp_path)


def test_a_missing_folder_names_the_files(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / ("n" * 300)):
        with pytest.raises(DataError, match=r"does not exist.*train-images-idx3-ubyte.gz"):
            load("mnist", folder)


def test_an_unknown_dataset_gets_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match="Did you mean mnist"):
        load("mnits")
    assert {"digits", "mnist", "fashion_mnist", "cifar10", "cifar10-subset", "svhn"} <= set(names())


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(BadOption, match="found -1"):
        load("digits", seed=-1)


def test_only_the_cache_is_filled_by_downloading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[Path] = []

    def note(folder: Path, files: Sequence[IdxFile], mirrors: Sequence[str], progress: Any) -> None:
        assert (tuple(files), tuple(mirrors)) == (mnist.SET.files, mnist.SET.mirrors)
        fetched.append(folder)

    monkeypatch.setattr(idx_set, "download", note)
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("OFFRAMP_DATA_DIR", raising=False)
    with pytest.raises(DataError, match="does not exist"):
        load("mnist")
    assert fetched == [tmp_path / "cache" / "data" / "mnist"]
    monkeypatch.setenv("OFFRAMP_DATA_DIR", str(tmp_path / "own"))
    with pytest.raises(DataError, match="own/mnist does not exist"):
        load("mnist")
    assert len(fetched) == 1


def test_fashion_mnist_is_the_same_format_with_other_files(tmp_path: Path) -> None:
    """No hash of its unpacked content is published: only the very file is taken."""
    files = [replace(file, sha256="") for file in write_mnist(tmp_path)]
    dataset = replace(fashion_mnist.SET, files=tuple(files)).load(Request(tmp_path))
    assert [len(split) for _, split in dataset.splits()] == [200, 20, 20, 30]
    assert dataset.classes[5] == "Sandal"
    packed = tmp_path / files[0].name
    packed.write_bytes(gzip.compress(gzip.decompress(packed.read_bytes()), mtime=1))
    with pytest.raises(DataError, match=r"not the official file; expected MD5 .*found"):
        loaded(tmp_path, files)


@pytest.mark.skipif(
    not (REAL / "mnist").is_dir() and os.environ.get("CI") != "true",
    reason="the official MNIST files are not on this machine",
)
def test_the_real_files() -> None:
    dataset = load("mnist", REAL)
    assert [len(split) for _, split in dataset.splits()] == [50000, 5000, 5000, 10000]
    assert dataset.digest == "1a84449c638dfcc1a17428929f940d6fd7658a9fb1d175a0143f99b4cd9e2839"
    assert dataset.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(dataset.calibration.labels).min() >= 449
