"""Reads pictures in the formats of Pillow, as they are or resized and converted as asked."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from toolkit.core.artifact import Record
from toolkit.core.errors import DataError
from toolkit.core.reading import reading
from toolkit.data.request import Colour

Pixels = npt.NDArray[np.uint8]
_KINDS = "grey or colour, no transparency, no animation"
_FIX = "Convert it first."
_OUTSIDE = {"EPS", "WMF", "MPEG", "BUFR", "GRIB", "HDF5"}
"""Formats for which Pillow calls other programs, or cannot read pixels."""
_PLAIN = ("L", "RGB", "P")
_FEW_BITS = {"L;2": 2, "L;4": 4}
_EIGHT_BITS = (*_PLAIN, "1", "CMYK", "YCbCr", "LAB", "HSV")
_MODE: dict[Colour, str] = {"grey": "L", "rgb": "RGB"}
COLOURS: dict[int, Colour] = {1: "grey", 3: "rgb"}
"""Number of channels -> colour."""


class PictureForm(Record):
    """What pictures become, or must be.

    Attributes:
        size: (height, width).
        colour: ``grey`` or ``rgb``.
        resize, convert: whether pictures of another size or colour are resized or converted; otherwise they
            are refused.
    """

    size: tuple[int, int] | None = None
    colour: Colour | None = None
    resize: bool = False
    convert: bool = False


def read_picture(path: Path, form: PictureForm) -> Pixels:
    """Read a picture as uint8 [C, H, W].

    Without ``convert`` a colour picture is read as grey only if red, green and blue are equal everywhere, and
    a grey one is never read as colour; an indexed one becomes colour. With ``resize`` or ``convert`` pictures
    lie as their EXIF orientation says. The whole picture is resized, bilinearly: another ratio of its sides
    distorts it.

    Raises:
        DataError: the file is missing, damaged or no picture, or has another size or colour than ``form``
            says, more than 8 bits per colour, transparency or several frames.
    """
    what = f"picture {path}"
    # What Pillow would warn of, and guess, is refused.
    refused = warnings.catch_warnings(action="error")
    with reading(what, "a picture", DataError), refused, _open(path) as opened:
        if not form.resize and form.size not in (None, (opened.height, opened.width)):
            raise other_shape(f"images in {path}", "height x width", form.size, (opened.height, opened.width))
        _check_kind(opened, what, form)
        opened.load()
        picture: Image.Image = _upright(opened) if form.resize or form.convert else opened
        picture = _coloured(picture, what, form)
        if form.size is not None and form.resize and picture.size != form.size[::-1]:
            picture = picture.resize(form.size[::-1], Image.Resampling.BILINEAR)
        pixels = np.atleast_3d(np.asarray(picture, np.uint8)).transpose(2, 0, 1)
    if len(pixels) == 3 and form.colour == "grey":
        if not ((pixels[0] == pixels[1]) & (pixels[1] == pixels[2])).all():
            fix = "Convert it to grey yourself: there is more than one way."
            raise DataError(what, expected="grey", found="colours", fix=fix)
        pixels = pixels[:1]
    return np.ascontiguousarray(pixels)


def _open(path: Path) -> ImageFile.ImageFile:
    Image.init()
    try:
        return Image.open(path, formats=sorted(set(Image.ID) - _OUTSIDE))
    except UnidentifiedImageError:
        raise ValueError("another kind of file") from None


def other_shape(what: str, axes: str, wanted: Sequence[int], found: Sequence[int]) -> DataError:
    """Return the refusal of images of another shape than ``wanted``, where they are taken as they are."""
    fix = "Convert it first; nothing is scaled or cropped here."
    return DataError(what, expected=f"{_words(wanted)} ({axes})", found=_words(found), fix=fix)


def _check_kind(opened: Any, what: str, form: PictureForm) -> None:
    """Refuse what no picture of 8 bits per colour is, of any format, before pixels are unpacked."""
    mode = opened.mode
    transparent = "transparency" in opened.info or mode[-1] in "aA"
    if transparent and not form.convert:
        raise DataError(what, expected=f"one picture, {_KINDS}", found="transparency", fix=_FIX)
    frames = getattr(opened, "n_frames", 1)
    if frames > 1 and opened.format != "MPO":  # whose further frames are views of the same picture
        raise DataError(what, expected=f"one picture, {_KINDS}", found="an animation", fix=_FIX)
    stored = [str(tile[3]) for tile in opened.tile] if opened.format in ("TIFF", "PNG") else []
    widths = [16 if "16" in one else _FEW_BITS.get(one, 8) for one in stored]
    bits = next((width for width in widths if width != 8), 8)
    known = mode in (_EIGHT_BITS if form.convert else _PLAIN) or transparent
    if bits > 8 or not known or (bits < 8 and not form.convert):
        found = f"pixels of kind {mode}" if bits == 8 else f"{bits} bits"
        raise DataError(what, expected=f"8 bits per channel, {_KINDS}", found=found, fix=_FIX)


def _upright(picture: Image.Image) -> Image.Image:
    """Turn a picture as its EXIF orientation says; one that cannot be read says nothing."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:
        return picture


def _coloured(picture: Image.Image, what: str, form: PictureForm) -> Image.Image:
    """Convert a picture to the colours asked for; an indexed one to colour."""
    if form.convert and ("transparency" in picture.info or picture.mode[-1] in "aA"):
        clear = picture.convert("RGBA").getchannel("A").getextrema()[0]
        if clear != 255:
            fix = "Lay it on a background first: there is more than one."
            raise DataError(what, expected="a picture without transparency", found="transparency", fix=fix)
        picture = picture.convert("RGB")
    if form.convert and form.colour is not None:
        return picture.convert(_MODE[form.colour])
    return picture.convert("RGB") if picture.mode == "P" else picture


def _words(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
