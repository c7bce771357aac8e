"""``npz`` and ``npy``: a user's own pictures as arrays.

``images`` and ``labels``, and optionally ``test_images`` and ``test_labels`` (else a fifth is for test) and
``classes``, the names: arrays of one ``.npz`` file, or files ``NAME.npy`` in a folder. Keras' names
(``x_train``, ``y_train``, ``x_test``, ``y_test``) are read as well. ``values`` instead of ``labels`` are for
regression: such data have no classes. ``characters`` [N, G], the class of each, are for several characters
per image (:mod:`toolkit.core.groups`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import DataError
from toolkit.core.groups import MOST_ANSWERS, MOST_GROUPS, joined
from toolkit.core.paths import is_file, is_folder
from toolkit.core.reading import read_array, read_arrays
from toolkit.data.dataset import Dataset, Images, Labels, Split
from toolkit.data.request import Request
from toolkit.data.split import own_dataset

NAMES = {
    "images": ("images", "x_train", "train_images"),
    "labels": ("labels", "y_train", "train_labels"),
    "test_images": ("test_images", "x_test"),
    "test_labels": ("test_labels", "y_test"),
    "values": ("values",),
    "test_values": ("test_values",),
    "characters": ("characters",),
    "test_characters": ("test_characters",),
    "classes": ("classes",),
}
"""Array -> the names that it may have."""
_CHANNELS = (1, 3)
_LARGEST = 255
LARGEST_VALUE = 2**16
"""Largest size of a value for regression: an output of 1 stands for 256."""

Array = npt.NDArray[Any]


def load_npz(request: Request) -> Dataset:
    """Load the arrays of an ``.npz`` file; raises DataError if they are no pictures with labels."""
    path = request.own.where("npz")
    if is_folder(path):
        raise DataError(f"arrays {path}", expected="an .npz file", found="a folder")
    return _dataset("npz", read_arrays(path, DataError), path, request.seed)


def load_npy(request: Request) -> Dataset:
    """Load the ``.npy`` files of a folder; raises DataError if they are no pictures with labels."""
    path = request.own.where("npy")
    if not is_folder(path):
        raise DataError(f"arrays {path}", expected="a folder with images.npy and labels.npy", found="a file")
    files = {name: path / f"{name}.npy" for names in NAMES.values() for name in names}
    arrays = {
        name: read_array(file, f"array {file}", DataError) for name, file in files.items() if is_file(file)
    }
    return _dataset("npy", arrays, path, request.seed)


def layout(array: Array) -> Array:
    """Return pictures [N, H, W], [N, C, H, W] or [N, H, W, C] as [N, C, H, W]; C is 1 or 3 where both fit."""
    if array.ndim == 3:
        return array[:, np.newaxis]
    if array.shape[3] in _CHANNELS and array.shape[1] not in _CHANNELS:
        return array.transpose(0, 3, 1, 2)
    return array


def _dataset(name: str, arrays: Mapping[str, Array], path: Path, seed: int) -> Dataset:
    known = {
        kind: next((arrays[one] for one in names if one in arrays), None) for kind, names in NAMES.items()
    }
    told = next((kind for kind in ("values", "characters") if known[kind] is not None), "labels")
    wanted = ["images", told]
    if any(known[f"test_{kind}"] is not None for kind in ("images", *_READERS)):
        wanted += ["test_images", f"test_{told}"]
    if missing := [kind for kind in wanted if known[kind] is None]:
        found = ", ".join(sorted(arrays)) or "none"
        raise DataError(f"arrays in {path}", expected=" and ".join(missing), found=found)
    others = {*_READERS, *(["classes"] if told == "values" else [])} - {told}
    if any(known[kind] is not None for kind in others):
        expected = "one of labels, characters and values; classes with the first two"
        raise DataError(f"arrays in {path}", expected=expected, found=", ".join(sorted(arrays)))
    prefixes = ("", "test_")[: len(wanted) // 2]
    parts = [_part(known, prefix, told, path) for prefix in prefixes]
    for at, kind in enumerate(("images", told)):
        shapes = [list(part[at].shape[1:]) for part in parts]
        if shapes[-1] != shapes[0]:
            raise DataError(f"test_{kind} in {path}", expected=f"{kind} {shapes[0]}", found=f"{shapes[1]}")
    largest = max(int(answers.max()) for _, answers in parts)
    classes = () if told == "values" else _class_names(known["classes"], largest + 1, path)
    if told == "characters":
        groups = _groups(parts[0][1], len(classes), path)
        parts = [(images, joined(answers, len(classes))) for images, answers in parts]
    else:
        groups = 1
    whole, *test = (Split(*part) for part in parts)
    return own_dataset(
        name, classes, whole, test[0] if test else None, seed, f"arrays in {path}", None, groups
    )


def _part(arrays: Mapping[str, Array | None], prefix: str, told: str, path: Path) -> tuple[Images, Labels]:
    """Return pictures [N, C, H, W], and what is told of them [N], or [N, G] if it is characters."""
    images, labels = arrays[f"{prefix}images"], arrays[f"{prefix}{told}"]
    assert images is not None
    assert labels is not None
    what = f"{prefix}images in {path}"
    if images.ndim not in (3, 4) or not images.size:
        expected = "[N, H, W], [N, C, H, W] or [N, H, W, C]"
        raise DataError(what, expected=expected, found=f"{images.dtype} {list(images.shape)}")
    if images.dtype.kind not in "iu" or images.min() < 0 or not 1 < images.max() <= _LARGEST:
        raise DataError(
            what,
            expected=f"whole numbers that use the range 0 to {_LARGEST}",
            found=f"{images.dtype} from {images.min():g} to {images.max():g}"
            if images.dtype.kind in "iufb"
            else f"{images.dtype}",
            fix=f"Scale them to 0 to {_LARGEST} and convert them to uint8.",
        )
    pictures = np.ascontiguousarray(layout(images), np.uint8)
    return pictures, _READERS[told](labels, len(pictures), f"{prefix}{told} in {path}")


def _whole(numbers: Array, count: int, what: str) -> Labels:
    flat = numbers.reshape(-1) if numbers.shape in ((count,), (count, 1)) else None
    if flat is None or numbers.dtype.kind not in "iu":
        expected, found = f"whole numbers [{count}], one per image", f"{numbers.dtype} {list(numbers.shape)}"
        raise DataError(what, expected=expected, found=found)
    return flat


def _labels(labels: Array, count: int, what: str) -> Labels:
    flat = _whole(labels, count, what)
    if flat.min() < 0 or flat.max() >= count:
        found = f"{flat.min()} to {flat.max()}"
        raise DataError(what, expected="classes counted from 0", found=found)
    return flat.astype(np.int64)


def _values(values: Array, count: int, what: str) -> Labels:
    flat = _whole(values, count, what)
    if max(abs(int(flat.min())), abs(int(flat.max()))) > LARGEST_VALUE:
        found = f"{flat.min()} to {flat.max()}"
        raise DataError(
            what, expected=f"at most {LARGEST_VALUE:,}, and no less than its negative", found=found
        )
    return flat.astype(np.int64)


def _characters(numbers: Array, count: int, what: str) -> Labels:
    if numbers.ndim != 2 or len(numbers) != count or numbers.shape[1] < 2 or numbers.dtype.kind not in "iu":
        expected = f"whole numbers [{count}, G], one per character, G 2 or more"
        raise DataError(what, expected=expected, found=f"{numbers.dtype} {list(numbers.shape)}")
    return _labels(numbers.reshape(-1), numbers.size, what).reshape(numbers.shape)


def _groups(characters: Labels, classes: int, path: Path) -> int:
    groups = characters.shape[1]
    if groups > MOST_GROUPS or classes**groups > MOST_ANSWERS:
        found = f"{groups} characters of {classes} classes"
        raise DataError(f"characters in {path}", expected=f"at most {MOST_ANSWERS:.0e} answers", found=found)
    return groups


_READERS = {"labels": _labels, "values": _values, "characters": _characters}


def _class_names(names: Array | None, count: int, path: Path) -> tuple[str, ...]:
    if names is None:
        return tuple(map(str, range(count)))
    what = f"classes in {path}"
    if names.dtype.kind not in "US" or names.ndim != 1 or len(set(names.tolist())) != len(names):
        expected, found = "texts that differ, one per class", f"{names.dtype} {list(names.shape)}"
        raise DataError(what, expected=expected, found=found)
    if len(names) < count:
        raise DataError(what, expected=f"{count}, as the labels say", found=len(names))
    return tuple(one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in names)
