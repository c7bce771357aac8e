"""``svhn_numbers``: Street View House Numbers as whole numbers (Netzer and others 2011, their format 1).

Folders ``train`` and ``test`` hold pictures ``1.png``, ``2.png`` ... and ``digitStruct.mat``, a MATLAB file
of version 7.3, which is HDF5: the name of each picture, and of each digit its box and its label 1 to 10, of
which 10 is the digit 0. As Goodfellow and others do (arXiv 1312.6082), the box of all digits is made 30 %
wider and higher, and what is in it resized to 64 x 64. Source: http://ufldl.stanford.edu/housenumbers; no
hashes are published.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from toolkit.core.errors import DataError, ToolMissing
from toolkit.core.groups import classes_of, joined
from toolkit.core.paths import is_folder
from toolkit.core.progress import Progress, silent
from toolkit.core.reading import reading
from toolkit.data.dataset import Dataset, Images, Split
from toolkit.data.numbers import CLASSES, PLACES
from toolkit.data.pictures import PictureForm, read_picture
from toolkit.data.request import Request
from toolkit.data.split import held_out

if TYPE_CHECKING:
    import h5py

NAME = "svhn_numbers"
SIDE = 64
LABELS = "digitStruct.mat"
PICTURES: Mapping[str, int] = {"train": 33_402, "test": 13_068}
"""Pictures in each official folder."""
_SHARE = 10
_MARGIN = 0.15
"""Share of the box's size that is added on each side."""
_PICTURE = re.compile(r"[0-9]{1,9}\.png")
_NONE = len(CLASSES) - 1
_FIX = "Unpack train.tar.gz and test.tar.gz of http://ufldl.stanford.edu/housenumbers there."
_CODES = 32
"""Characters of a picture's name, at most."""
Box = tuple[float, float, float, float]
"""Left, top, right and bottom edge, in pixels."""


class HouseNumber(NamedTuple):
    """A picture's number: name of its file, digits from the left, and the box around all of them."""

    picture: str
    digits: tuple[int, ...]
    box: Box


def load(request: Request) -> Dataset:
    """Load the official folders: a tenth each of ``train`` is for validation and calibration.

    Raises:
        DataError: a file is missing or damaged, or a folder has not as many pictures as the official one.
        ToolMissing: the package h5py is not installed.
    """
    return assemble(request.folder, PICTURES, request.seed, request.progress)


def assemble(folder: Path, pictures: Mapping[str, int], seed: int, progress: Progress = silent) -> Dataset:
    """Read the folders ``train`` and ``test``, with so many pictures, and split the first.

    Raises:
        DataError, ToolMissing: as :func:`load`.
    """
    whole, test = (_part(folder / name, pictures[name], progress) for name in ("train", "test"))
    lengths = (classes_of(whole.labels, PLACES, len(CLASSES)) != _NONE).sum(axis=1)
    return Dataset(NAME, CLASSES, *held_out(whole, _SHARE, seed, lengths), test, groups=PLACES)


def _part(folder: Path, count: int, progress: Progress) -> Split:
    if not is_folder(folder):
        expected = f"a folder with {LABELS} and {count:,} pictures"
        raise DataError(f"data folder {folder} does not exist", expected=expected, fix=_FIX)
    numbers = read_numbers(folder / LABELS)
    if len(numbers) != count:
        what = f"pictures in {folder / LABELS}"
        raise DataError(what, expected=f"{count:,}", found=f"{len(numbers):,}", fix=_FIX)
    images = np.empty((count, 3, SIDE, SIDE), np.uint8)
    places = np.full((count, PLACES), _NONE)
    for at, number in enumerate(numbers):
        images[at] = _cropped(folder / number.picture, number.box)
        places[at, : len(number.digits)] = number.digits
        if at % 100 == 0:
            progress(f"pictures in {folder.name}", at, count)
    return Split(images, joined(places, len(CLASSES)))


def _cropped(path: Path, box: Box) -> Images:
    """Return what is in a box of a picture, and a margin, uint8 [3, SIDE, SIDE]."""
    pixels = read_picture(path, PictureForm(colour="rgb"))
    left, top, right, bottom = box
    _, height, width = pixels.shape
    across, down = _MARGIN * (right - left), _MARGIN * (bottom - top)
    area = max(0, left - across), max(0, top - down), min(width, right + across), min(height, bottom + down)
    if not (area[0] < area[2] and area[1] < area[3]):
        found = f"one from {left:g}, {top:g} to {right:g}, {bottom:g}"
        raise DataError(f"number in {path}", expected=f"a box inside {width} x {height} pixels", found=found)
    picture = Image.fromarray(pixels.transpose(1, 2, 0))
    resized = picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=area)
    return np.asarray(resized, np.uint8).transpose(2, 0, 1)


def read_numbers(path: Path) -> list[HouseNumber]:
    """Read the labels of a folder.

    Raises:
        DataError: the file is missing or damaged, or holds something else.
        ToolMissing: the package h5py is not installed.
    """
    if importlib.util.find_spec("h5py") is None:
        fix = "Install it with `pip install h5py`."
        raise ToolMissing(f"{path} is HDF5", expected="the package h5py", found="none", fix=fix)
    import h5py

    with reading(f"data file {path}", "a MATLAB file of version 7.3 with digitStruct", DataError):
        if not path.read_bytes()[:1]:
            raise ValueError("an empty file")
        with h5py.File(path, "r") as file:
            names, boxes = (file[f"digitStruct/{field}"] for field in ("name", "bbox"))
            if names.shape != boxes.shape or names.size != len(names) or not names.size:
                raise ValueError(f"names {names.shape} and boxes {boxes.shape}")
            pairs = zip(names[()].reshape(-1), boxes[()].reshape(-1), strict=True)
            return [_number(file, name, box) for name, box in pairs]


def _number(file: h5py.File, name: h5py.Reference, box: h5py.Reference) -> HouseNumber:
    codes = file[name]
    picture = "".join(map(chr, codes[()].reshape(-1).tolist())) if codes.size <= _CODES else "a long name"
    if not _PICTURE.fullmatch(picture):
        raise ValueError(f"a picture {picture!r}")
    fields = ("label", "left", "top", "width", "height")
    digits, left, top, width, height = (_values(file, file[box][field]) for field in fields)
    if len({len(one) for one in (digits, left, top, width, height)}) > 1:
        raise ValueError(f"{picture}: not one label, left, top, width and height for each digit")
    if any(digit not in range(1, 11) for digit in digits):
        raise ValueError(f"{picture}: labels {digits} instead of 1 to 10")
    right, bottom = (
        max(begin + size for begin, size in zip(begins, sizes, strict=True))
        for begins, sizes in ((left, width), (top, height))
    )
    return HouseNumber(picture, tuple(int(one) % 10 for one in digits), (min(left), min(top), right, bottom))


def _values(file: h5py.File, field: h5py.Dataset) -> list[float]:
    """Return the values of a field, one for each digit: of several, each is in a dataset of its own."""
    if not 1 <= field.size <= PLACES:
        raise ValueError(f"{field.size} digits instead of 1 to {PLACES}")
    if field.dtype.kind == "O":
        held = [file[reference] for reference in field[()].reshape(-1)]
        if any(one.size != 1 for one in held):
            raise ValueError("several values where one belongs")
        found = [float(one[()].item()) for one in held]
    else:
        found = [float(one) for one in field[()].reshape(-1)]
    if not np.isfinite(found).all():
        raise ValueError("a value that is not finite")
    return found
