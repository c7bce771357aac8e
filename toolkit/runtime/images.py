"""Reads images from pictures, ``.npy`` and idx files, in the shape of the network's input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import DataError
from toolkit.core.paths import is_file
from toolkit.core.reading import read_array
from toolkit.data.idx import decode
from toolkit.data.pictures import PictureForm, other_shape, read_picture

Pixels = npt.NDArray[np.uint8]
Shape = tuple[int, int, int]


def read_images(
    paths: Sequence[Path], shape: Shape, form: PictureForm | None = None
) -> tuple[Pixels, list[str]]:
    """Read every image of every file, in order.

    - ``.npy``: uint8, one image [H, W] or [C, H, W], or several [N, H, W] (one channel) or [N, C, H, W], with
      channels last as well. With [a, H, W] the network's channels decide: one image if a is their number and
      not 1.
    - idx (``.idx``, ``-ubyte``, also ``.gz``): unsigned bytes [N, H, W], as MNIST's image files.
    - any other name: one picture, see :func:`toolkit.data.pictures.read_picture`.

    Args:
        paths: files.
        shape: (C, H, W) of the network's input.
        form: how pictures are read, as those that the network was trained on; None: as they are.

    Returns:
        Images, uint8 [N, C, H, W], and their names: the file's, with an index if it holds several images.

    Raises:
        DataError: a file is missing, damaged or of another kind, an image has another size, or there is none.
    """
    parts, names = [], []
    for path in paths:
        images = _read(path, shape, form or _as_they_are(shape))
        parts.append(images)
        names += [str(path) if len(images) == 1 else f"{path}[{i}]" for i in range(len(images))]
    if not names:
        raise DataError("images", expected="at least one", found="none")
    return np.concatenate(parts), names


def _as_they_are(shape: Shape) -> PictureForm:
    return PictureForm(size=shape[1:], colour="grey" if shape[0] == 1 else "rgb")


def _read(path: Path, shape: Shape, form: PictureForm) -> Pixels:
    if not is_file(path):
        raise DataError(f"image file {path}", expected="a file", found="none there")
    name = path.name.removesuffix(".gz").lower()
    if name.endswith(".npy"):
        array = _npy(path)
    elif name.endswith(("ubyte", ".idx")):
        array = _idx(path)
    else:
        array = read_picture(path, form)[np.newaxis]
    return _fitted(array, shape, f"images in {path}")


def as_images(array: npt.ArrayLike, shape: Shape) -> Pixels:
    """Take images from an array, in the layouts of ``.npy`` files.

    Args:
        shape: (C, H, W) of the network's input.

    Returns:
        Images, uint8 [N, C, H, W].

    Raises:
        DataError: it has another type or another size, or holds none.
    """
    images = _fitted(_checked(np.asarray(array), "array of images"), shape, "array of images")
    if not len(images):
        raise DataError("array of images", expected="at least one", found="none")
    return images


def _fitted(array: Pixels, shape: Shape, what: str) -> Pixels:
    images = _batched(array, shape)
    if images.shape[1:] != shape:
        raise other_shape(what, "channels x height x width", shape, array.shape)
    return images


def _batched(array: Pixels, shape: Shape) -> Pixels:
    """Reshape any of the layouts to [N, C, H, W]."""
    if array.ndim == 2:
        return array[np.newaxis, np.newaxis]
    last = (*shape[1:], shape[0])
    if array.shape[-3:] == last != shape:
        array = array.reshape(-1, *last).transpose(0, 3, 1, 2)
    elif array.ndim == 3:
        array = array[np.newaxis] if array.shape[0] == shape[0] != 1 else array[:, np.newaxis]
    return array


def _npy(path: Path) -> Pixels:
    return _checked(read_array(path, f"array {path}", DataError), f"array {path}")


def _checked(array: npt.NDArray[Any], what: str) -> Pixels:
    if array.dtype != np.uint8 or not 2 <= array.ndim <= 4:
        expected = "uint8 [H, W], [C, H, W], [N, H, W] or [N, C, H, W]"
        raise DataError(what, expected=expected, found=f"{array.dtype} {list(array.shape)}")
    return np.asarray(array, np.uint8)


def _idx(path: Path) -> Pixels:
    """Read an idx file of any images; :func:`toolkit.data.idx.read` accepts only the official files."""
    images, _ = decode(path, f"idx file {path}")
    if images.ndim != 3:
        raise DataError(f"idx file {path}", expected="images", found=f"{len(images)} labels")
    return images
