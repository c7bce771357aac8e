"""Reads images from PNG, ``.npy`` and idx files, in the shape of the network's input."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from toolkit.core.errors import DataError

Pixels = npt.NDArray[np.uint8]
Shape = tuple[int, int, int]
_IDX_BYTES = b"\x00\x00\x08"
_FIX = "Convert it first; nothing is scaled or cropped here."


def read_images(paths: Sequence[Path], shape: Shape) -> tuple[Pixels, list[str]]:
    """Read every image of every file, in order.

    - ``.png``: 8 bits per channel without transparency. An RGB picture is read as grey only if red, green and
      blue are equal everywhere; a grey one is never read as RGB.
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
    if not path.is_file():
        raise DataError(f"image file {path}", expected="a file", found="none there")
    name = path.name.removesuffix(".gz").lower()
    if name.endswith(".png"):
        array = _png(path, shape[0])
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


def _batched(array: Pixels, shape: Shape) -> npt.NDArray[np.uint8]:
    """Reshape any of the layouts to [N, C, H, W]."""
    if array.ndim == 2:
        return array[np.newaxis, np.newaxis]
    if array.ndim == 3:
        return array[np.newaxis] if array.shape[0] == shape[0] != 1 else array[:, np.newaxis]
    return array


def _png(path: Path, channels: int) -> Pixels:
    try:
        with Image.open(path, formats=["PNG"]) as file:
            file.load()
            indexed = file.mode == "P" and "transparency" not in file.info
            image = file.convert("RGB") if indexed else file
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
        raise DataError(f"picture {path} cannot be read", expected="a PNG file", found=error) from error
    if image.mode not in ("L", "RGB"):
        expected = "8 bits per channel, grey or colour, no transparency"
        raise DataError(f"picture {path}", expected=expected, found=f"mode {image.mode}", fix=_FIX)
    pixels = np.atleast_3d(np.asarray(image)).transpose(2, 0, 1)
    if len(pixels) == 3 and channels == 1:
        if not ((pixels[0] == pixels[1]) & (pixels[1] == pixels[2])).all():
            fix = "Convert it to grey yourself: there is more than one way."
            raise DataError(f"picture {path}", expected="grey", found="colours", fix=fix)
        pixels = pixels[:1]
    return pixels[np.newaxis]


def _npy(path: Path) -> Pixels:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"array {path} cannot be read", expected="a .npy file", found=error) from error
    if array.dtype != np.uint8 or not 2 <= array.ndim <= 4:
        expected = "uint8 [H, W], [C, H, W], [N, H, W] or [N, C, H, W]"
        raise DataError(f"array {path}", expected=expected, found=f"{array.dtype} {list(array.shape)}")
    return np.asarray(array, np.uint8)


def _idx(path: Path) -> Pixels:
    """Read an idx file of any number of images; :mod:`toolkit.data.idx` accepts only the official files."""
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"idx file {path} cannot be read", found=error) from error
    if content[:4] != _IDX_BYTES + b"\x03" or len(content) < 16:
        expected = "magic 00 00 08 03: images of bytes"
        raise DataError(f"idx file {path}", expected=expected, found=content[:4].hex(" ") or "nothing")
    shape = struct.unpack_from(">3I", content, 4)
    if len(content) - 16 != int(np.prod(shape, dtype=object)):
        expected = f"{_words(shape)} bytes"
        raise DataError(f"idx file {path}", expected=expected, found=f"{len(content) - 16}")
    return np.frombuffer(content, np.uint8, offset=16).reshape(shape)


def _words(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
