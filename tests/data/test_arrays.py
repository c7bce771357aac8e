"""A user's own arrays: every layout, and everything that may be wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.core.errors import DataError
from toolkit.core.groups import classes_of
from toolkit.data import Dataset, OwnData, load

LABELS = np.arange(60) % 3
PIXELS = np.random.default_rng(0).integers(0, 256, (60, 3, 6, 5), dtype=np.uint8)
WHOLE: dict[str, Any] = {"images": PIXELS, "labels": LABELS}


def npz(path: Path, **arrays: Any) -> Dataset:
    np.savez(path / "own.npz", **arrays)
    return load("npz", own=OwnData(path / "own.npz"))


def npy(path: Path, **arrays: Any) -> Dataset:
    for name, array in arrays.items():
        np.save(path / f"{name}.npy", array)
    return load("npy", own=OwnData(path))


@pytest.mark.parametrize("make", [npz, npy])
def test_arrays_become_splits(tmp_path: Path, make: Any) -> None:
    dataset = make(tmp_path, **WHOLE, classes=np.array(["ant", "bee", "cow"]))
    assert dataset.classes == ("ant", "bee", "cow")
    assert [len(split) for _, split in dataset.splits()] == [36, 6, 6, 12]
    known = {image.tobytes(): label for image, label in zip(PIXELS, LABELS, strict=True)}
    for _, split in dataset.splits():
        assert [known[image.tobytes()] for image in split.images] == split.labels.tolist()


@pytest.mark.parametrize("make", [npz, npy])
def test_keras_names_and_test_images(tmp_path: Path, make: Any) -> None:
    arrays = {"x_train": PIXELS, "y_train": LABELS[:, np.newaxis], "x_test": PIXELS[:6], "y_test": LABELS[:6]}
    dataset = make(tmp_path, **arrays)
    assert [len(split) for _, split in dataset.splits()] == [46, 7, 7, 6]
    assert dataset.classes == ("0", "1", "2")


@pytest.mark.parametrize(
    ("images", "shape"),
    [
        (PIXELS[:, 0], (1, 6, 5)),
        (PIXELS, (3, 6, 5)),
        (PIXELS.transpose(0, 2, 3, 1), (3, 6, 5)),
        (PIXELS[:, :1], (1, 6, 5)),
        (PIXELS[:, 0, :, :, np.newaxis], (1, 6, 5)),
        (PIXELS.astype(np.int64), (3, 6, 5)),
    ],
)
def test_every_layout(tmp_path: Path, images: Any, shape: tuple[int, ...]) -> None:
    assert npz(tmp_path, images=images, labels=LABELS).image_shape == shape


CHARACTERS = np.stack([LABELS, (LABELS + 1) % 3, np.arange(60) % 4], axis=1)


@pytest.mark.parametrize("make", [npz, npy])
def test_several_characters_per_image(tmp_path: Path, make: Any) -> None:
    arrays = {"images": PIXELS, "characters": CHARACTERS, "classes": np.array(["a", "b", "c", "none"])}
    dataset = make(tmp_path, **arrays)
    assert (dataset.classes, dataset.groups) == (("a", "b", "c", "none"), 3)
    assert [len(split) for _, split in dataset.splits()] == [36, 6, 6, 12]
    known = {image.tobytes(): row for image, row in zip(PIXELS, CHARACTERS.tolist(), strict=True)}
    for _, split in dataset.splits():
        rows = classes_of(split.labels, 3, 4).tolist()
        assert [known[image.tobytes()] for image in split.images] == rows
    apart = make(
        tmp_path, images=PIXELS, characters=CHARACTERS, test_images=PIXELS, test_characters=CHARACTERS
    )
    assert (len(apart.test), apart.groups) == (60, 3)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "labels and characters": ({**WHOLE, "characters": CHARACTERS}, "one of labels, characters and values"),
    "one character": (
        {"images": PIXELS, "characters": CHARACTERS[:, :1]},
        r"\[60, G\].*found int64 \[60, 1\]",
    ),
    "half characters": ({"images": PIXELS, "characters": CHARACTERS / 2}, r"found float64 \[60, 3\]"),
    "a class below 0": ({"images": PIXELS, "characters": CHARACTERS - 1}, "classes counted from 0; found -1"),
    "too many answers": (
        {"images": PIXELS, "characters": np.tile(CHARACTERS, 11)},
        "33 characters of 4 classes",
    ),
    "other characters for test": (
        {
            "images": PIXELS,
            "characters": CHARACTERS,
            "test_images": PIXELS,
            "test_characters": CHARACTERS[:, 1:],
        },
        r"test_characters in .*expected characters \[3\]; found \[2\]",
    ),
    "no labels": ({"images": PIXELS}, "expected labels; found images"),
    "nothing": ({"a": PIXELS}, "expected images and labels; found a"),
    "test without labels": ({**WHOLE, "test_images": PIXELS}, "expected test_labels; found images, labels"),
    "floats": ({**WHOLE, "images": PIXELS / 255}, "range 0 to 255; found float64 from 0 to 1. Scale them"),
    "whole floats": ({**WHOLE, "images": PIXELS * 1.0}, "found float64 from 0 to 255"),
    "negative": ({**WHOLE, "images": PIXELS.astype(int) - 1}, "found int64 from -1 to 254"),
    "16 bits": ({**WHOLE, "images": PIXELS.astype(np.uint16) * 257}, "found uint16 from 0 to 65535"),
    "zeros and ones": ({**WHOLE, "images": PIXELS // 128}, "use the range 0 to 255; found uint8 from 0 to 1"),
    "booleans": ({**WHOLE, "images": PIXELS > 9}, "found bool from 0 to 1"),
    "texts": ({**WHOLE, "images": np.full((60, 6, 5), "a")}, "found <U1"),
    "flat": ({**WHOLE, "images": PIXELS.reshape(60, -1)}, r"found uint8 \[60, 90\]"),
    "none": ({"images": PIXELS[:0], "labels": LABELS[:0]}, r"found uint8 \[0, 3, 6, 5\]"),
    "a label too few": (
        {**WHOLE, "labels": LABELS[1:]},
        r"numbers \[60\], one per image; found int64",
    ),
    "one-hot labels": ({**WHOLE, "labels": np.eye(3)[LABELS]}, r"found float64 \[60, 3\]"),
    "float labels": ({**WHOLE, "labels": LABELS * 1.0}, "found float64"),
    "labels from -1": ({**WHOLE, "labels": LABELS - 1}, "classes counted from 0; found -1 to 1"),
    "a class left out": ({**WHOLE, "labels": LABELS * 2}, "found none of 1 for train, none of 3 for"),
    "one class": ({**WHOLE, "labels": LABELS * 0}, "expected at least two classes; found 1"),
    "names missing": ({**WHOLE, "classes": np.array(["a"])}, "expected 3, as the labels say; found 1"),
    "names twice": ({**WHOLE, "classes": np.array(["a", "a", "b"])}, "expected texts that differ"),
    "a class too many": ({**WHOLE, "classes": np.array(list("abcd"))}, "found none of d for train"),
    "another test size": (
        {**WHOLE, "test_images": PIXELS[:, :, :5], "test_labels": LABELS},
        r"test_images .*expected images \[3, 6, 5\]; found \[3, 5, 5\]",
    ),
    "too few": ({"images": PIXELS[:9], "labels": LABELS[:9]}, "too few images for the split"),
}


@pytest.mark.parametrize("make", [npz, npy])
@pytest.mark.parametrize("kind", WRONG)
def test_what_may_be_wrong_with_arrays(tmp_path: Path, kind: str, make: Any) -> None:
    arrays, words = WRONG[kind]
    if kind == "nothing" and make is npy:
        words = "expected images and labels; found none"
    with pytest.raises(DataError, match=words):
        make(tmp_path, **arrays)


def test_files_that_are_no_arrays(tmp_path: Path) -> None:
    (tmp_path / "images.npy").write_bytes(b"no array")
    (tmp_path / "own.npz").write_bytes(b"PK\x03\x04broken")
    np.savez(tmp_path / "objects.npz", images=np.array([{}], dtype=object), labels=LABELS)
    for name, path, words in (
        ("npz", "own.npz", r"own\.npz cannot be read; expected an \.npz file"),
        ("npz", "objects.npz", r"objects\.npz cannot be read"),
        ("npz", "gone.npz", r"gone\.npz is missing"),
        ("npz", "", r"expected an \.npz file; found a folder"),
        ("npy", "", r"images\.npy cannot be read"),
        ("npy", "own.npz", "expected a folder with images.npy and labels.npy; found a file"),
    ):
        with pytest.raises(DataError, match=words):
            load(name, own=OwnData(tmp_path / path))


@pytest.mark.parametrize("make", [npz, npy])
def test_values_are_data_without_classes(tmp_path: Path, make: Any) -> None:
    """Each part gets its share of low and high values, and every frame keeps its own."""
    values = np.arange(60, dtype=np.int32) * 100 - 3000
    dataset = make(tmp_path, images=PIXELS, values=values)
    assert dataset.classes == ()
    known = {image.tobytes(): value for image, value in zip(PIXELS, values, strict=True)}
    for _, split in dataset.splits():
        assert [known[image.tobytes()] for image in split.images] == split.labels.tolist()
        low = int((split.labels < -50).sum())
        assert abs(2 * low - len(split)) <= 2
    found = sorted(value for _, split in dataset.splits() for value in split.labels.tolist())
    assert found == values.tolist()


VALUES = np.arange(60)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        (
            {"values": VALUES / 2},
            r"values in .*; expected whole numbers \[60\], one per image; found float64",
        ),
        (
            {"values": VALUES * 10**6},
            "expected at most 65,536, and no less than its negative; found 0 to 59000000",
        ),
        ({"values": VALUES, "labels": LABELS}, "expected one of labels, characters and values"),
        ({"values": VALUES, "test_images": PIXELS, "test_labels": LABELS}, "expected test_values"),
        ({"values": VALUES[:6], "images": PIXELS[:6]}, "none for validation, none for calibration"),
    ],
)
def test_values_that_cannot_be_used(tmp_path: Path, arrays: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        npz(tmp_path, **{"images": PIXELS, **arrays})
