"""Reads images from PNG, ``.npy`` and idx files, in the shape of the network's input."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from toolkit.core.errors import DataError
from toolkit.core.paths import is_file
from toolkit.core.reading import read_array, reading
from toolkit.data.idx import decode

Pixels = npt.NDArray[np.uint8]
Shape = tuple[int, int, int]
_HEAD = struct.Struct(">8sI4sIIBB")
"""Start of a PNG file: signature, length and name of its first chunk, width, height, bits, kind of colour."""
_PNG_START = b"\x89PNG\r\n\x1a\n"
_INDEXED = 3
_COLOURS = {0: "grey", 2: "colour", _INDEXED: "indexed colour"}
_TRANSPARENT = (4, 6)
_KINDS = "grey or colour, no transparency, no animation"
_FIX = "Convert it first; nothing is scaled or cropped here."


def read_images(paths: Sequence[Path], shape: Shape) -> tuple[Pixels, list[str]]:
    """Read every image of every file, in order.

    - ``.png``: one picture, 8 bits per channel, without transparency or animation. An RGB picture is read as
      grey only if red, green and blue are equal everywhere; a grey one is never read as RGB.
    - ``.npy``: uint8, one image [H, W] or [C, H, W], or several [N, H, W] (one channel) or [N, C, H, W].
      With [a, H, W] the network's channels decide: one image if a is their number and not 1.
    - idx (``.idx``, ``-ubyte``, also ``.gz``): unsigned bytes [N, H, W], as MNIST's image files.

    Args:
        paths: files.
        shape: (C, H, W) of the network's input.

    Returns:
        Images, uint8 [N, C, H, W], and their names: the file's, with an index if it holds several images.

    Raises:
        DataError: a file is missing, damaged or of another kind, an image has another size, or there is none.
    """
    parts, names = [], []
    for path in paths:
        images = _read(path, shape)
        parts.append(images)
        names += [str(path) if len(images) == 1 else f"{path}[{i}]" for i in range(len(images))]
    if not names:
        raise DataError("images", expected="at least one", found="none")
    return np.concatenate(parts), names


def _read(path: Path, shape: Shape) -> Pixels:
    if not is_file(path):
        raise DataError(f"image file {path}", expected="a file", found="none there")
    name = path.name.removesuffix(".gz").lower()
    if name.endswith(".png"):
        array = _png(path, shape)
    elif name.endswith(".npy"):
        array = _npy(path)
    elif name.endswith(("ubyte", ".idx")):
        array = _idx(path)
    else:
        expected = ".png, .npy, .idx or -ubyte"
        raise DataError(f"image file {path}", expected=expected, found=f"another kind: {path.suffix or name}")
    images = _batched(array, shape)
    if images.shape[1:] != shape:
        expected = f"{_words(shape)} (channels x height x width)"
        raise DataError(f"images in {path}", expected=expected, found=_words(array.shape), fix=_FIX)
    return images


def _batched(array: Pixels, shape: Shape) -> Pixels:
    """Reshape any of the layouts to [N, C, H, W]."""
    if array.ndim == 2:
        return array[np.newaxis, np.newaxis]
    if array.ndim == 3:
        return array[np.newaxis] if array.shape[0] == shape[0] != 1 else array[:, np.newaxis]
    return array


def _png(path: Path, shape: Shape) -> Pixels:
    """Read a PNG picture as uint8 [1, C, H, W]; its header is checked before any pixel is unpacked."""
    what = f"picture {path}"
    with reading(what, "a PNG file", DataError):
        with path.open("rb") as file:
            head = file.read(_HEAD.size)
        start, _, kind, width, height, depth, colour = _HEAD.unpack(head)
        if (start, kind) != (_PNG_START, b"IHDR"):
            raise ValueError("another kind of file")
        if (height, width) != shape[1:]:
            expected, found = _words(shape[1:]), _words((height, width))
            raise DataError(f"images in {path}", expected=f"height x width {expected}", found=found, fix=_FIX)
        if colour not in _COLOURS or depth > 8 or (depth < 8 and colour != _INDEXED):
            other = "transparency" if colour in _TRANSPARENT else f"colour of kind {colour}"
            found = f"{depth} bits, {_COLOURS.get(colour, other)}"
            raise DataError(what, expected=f"8 bits per channel, {_KINDS}", found=found, fix=_FIX)
        with warnings.catch_warnings(action="error"), Image.open(path, formats=["PNG"]) as picture:
            picture.load()  # what Pillow would warn of, and guess, is refused
            for what_else, there in (
                ("transparency", "transparency" in picture.info),
                ("an animation", getattr(picture, "n_frames", 1) > 1),
            ):
                if there:
                    raise DataError(what, expected=f"one picture, {_KINDS}", found=what_else, fix=_FIX)
            image = picture.convert("RGB") if colour == _INDEXED else picture
            pixels = np.atleast_3d(np.asarray(image, np.uint8)).transpose(2, 0, 1)
    if len(pixels) == 3 and shape[0] == 1:
        if not ((pixels[0] == pixels[1]) & (pixels[1] == pixels[2])).all():
            fix = "Convert it to grey yourself: there is more than one way."
            raise DataError(what, expected="grey", found="colours", fix=fix)
        pixels = pixels[:1]
    return pixels[np.newaxis]


def _npy(path: Path) -> Pixels:
    array = read_array(path, f"array {path}", DataError)
    if array.dtype != np.uint8 or not 2 <= array.ndim <= 4:
        expected = "uint8 [H, W], [C, H, W], [N, H, W] or [N, C, H, W]"
        raise DataError(f"array {path}", expected=expected, found=f"{array.dtype} {list(array.shape)}")
    return np.asarray(array, np.uint8)


def _idx(path: Path) -> Pixels:
    """Read an idx file of any images; :func:`toolkit.data.idx.read` accepts only the official files."""
    images, _ = decode(path, f"idx file {path}")
    if images.ndim != 3:
        raise DataError(f"idx file {path}", expected="images", found=f"{len(images)} labels")
    return images


def _words(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
