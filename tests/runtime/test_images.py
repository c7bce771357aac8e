"""Images from files, and files that hold something else."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from toolkit.core.errors import DataError
from toolkit.runtime.images import read_images

GREY, COLOUR = (1, 3, 4), (3, 3, 4)
PIXELS = np.random.default_rng(0).integers(0, 256, (5, 3, 3, 4), dtype=np.uint8)


def png(path: Path, array: np.ndarray, mode: str | None = None) -> Path:
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(path)
    return path


def npy(path: Path, array: np.ndarray) -> Path:
    np.save(path, array)
    return path


def idx(images: np.ndarray) -> bytes:
    return b"\0\0\x08\x03" + struct.pack(">3I", *images.shape) + images.tobytes()


def test_png_in_grey_and_colour(tmp_path: Path) -> None:
    grey = png(tmp_path / "grey.png", PIXELS[0, 0])
    same = png(tmp_path / "same.PNG", np.stack([PIXELS[1, 0]] * 3, axis=-1))
    indexed = png(tmp_path / "p.png", PIXELS[2, 0], "P")
    images, names = read_images([grey, same, indexed], GREY)
    assert (images.dtype, images.shape) == (np.uint8, (3, *GREY))
    assert np.array_equal(images[:, 0], PIXELS[:3, 0])
    assert names == [str(grey), str(same), str(indexed)]
    colour = png(tmp_path / "colour.png", PIXELS[0].transpose(1, 2, 0))
    assert np.array_equal(read_images([colour], COLOUR)[0][0], PIXELS[0])


@pytest.mark.parametrize(
    ("array", "shape", "expected"),
    [
        (PIXELS[0, 0], GREY, PIXELS[:1, :1]),
        (PIXELS[0, :1], GREY, PIXELS[:1, :1]),
        (PIXELS[:, 0], GREY, PIXELS[:, :1]),
        (PIXELS[:, :1], GREY, PIXELS[:, :1]),
        (PIXELS[0], COLOUR, PIXELS[:1]),
        (PIXELS, COLOUR, PIXELS),
    ],
)
def test_npy_in_every_form(tmp_path: Path, array: np.ndarray, shape: tuple, expected: np.ndarray) -> None:
    path = npy(tmp_path / "a.npy", array)
    images, names = read_images([path], shape)
    assert np.array_equal(images, expected)
    assert names == ([str(path)] if len(expected) == 1 else [f"{path}[{i}]" for i in range(len(expected))])


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz", "a.idx", "a.idx.gz"])
def test_idx_packed_and_not(tmp_path: Path, name: str) -> None:
    content = idx(PIXELS[:, 0])
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert np.array_equal(read_images([tmp_path / name], GREY)[0], PIXELS[:, :1])


def test_files_in_the_order_given(tmp_path: Path) -> None:
    paths = [npy(tmp_path / f"{i}.npy", PIXELS[i, 0]) for i in (3, 1, 2)]
    images, names = read_images(paths, GREY)
    assert np.array_equal(images, PIXELS[[3, 1, 2], :1])
    assert names == [str(path) for path in paths]


def test_files_that_hold_something_else(tmp_path: Path) -> None:
    (tmp_path / "empty.npy").touch()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "labels.idx").write_bytes(b"\0\0\x08\x01\0\0\0\x01\x07")
    (tmp_path / "cut.idx").write_bytes(idx(PIXELS[:, 0])[:-1])
    (tmp_path / "cut.idx.gz").write_bytes(gzip.compress(idx(PIXELS[:, 0]))[:-9])
    (tmp_path / "huge.idx").write_bytes(b"\0\0\x08\x03" + b"\xff" * 12)
    (tmp_path / "photo.jpg").touch()
    rgb = PIXELS[0].transpose(1, 2, 0)
    truncated = png(tmp_path / "cut.png", rgb)
    truncated.write_bytes(truncated.read_bytes()[:-30])
    objects = np.array([[{}]], dtype=object)
    cases = {
        tmp_path / "missing.png": "expected a file; found none there",
        tmp_path / "empty.npy": "cannot be read; expected a .npy file",
        tmp_path / "text.png": "cannot be read; expected a PNG file",
        truncated: "cannot be read; expected a PNG file",
        tmp_path / "labels.idx": "expected magic 00 00 08 03: images of bytes; found 00 00 08 01",
        tmp_path / "cut.idx": "expected 5x3x4 bytes; found 59",
        tmp_path / "cut.idx.gz": "cannot be read",
        tmp_path / "huge.idx": "expected 4294967295x4294967295x4294967295 bytes; found 0",
        tmp_path / "photo.jpg": "expected .png, .npy, .idx or -ubyte; found another kind: .jpg",
        png(tmp_path / "colour.png", rgb): "expected grey; found colours. Convert it to grey yourself",
        png(tmp_path / "alpha.png", rgb, "RGBA"): "found mode RGBA",
        png(tmp_path / "deep.png", np.zeros((3, 4), np.uint16)): "found mode I;16",
        png(tmp_path / "bits.png", PIXELS[0, 0] > 9): "found mode 1",
        png(tmp_path / "large.png", np.zeros((4, 4), np.uint8)): "expected 1x3x4 .*found 1x1x4x4. Convert it",
        npy(tmp_path / "float.npy", PIXELS / 255): r"found float64 \[5, 3, 3, 4\]",
        npy(tmp_path / "int.npy", PIXELS.astype(int)): "found int64",
        npy(tmp_path / "flat.npy", PIXELS.reshape(-1)): r"found uint8 \[180\]",
        npy(tmp_path / "object.npy", objects): "cannot be read",
        npy(tmp_path / "rgb.npy", PIXELS): "expected 1x3x4 .*found 5x3x3x4",
        npy(tmp_path / "none.npy", PIXELS[:0, :1]): "images; expected at least one; found none",
    }
    for path, words in cases.items():
        with pytest.raises(DataError, match=words):
            read_images([path], GREY)
    with pytest.raises(DataError, match=r"expected 3x3x4 .*found 1x1x3x4"):
        read_images([png(tmp_path / "grey.png", PIXELS[0, 0])], COLOUR)
