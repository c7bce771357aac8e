"""Images from files, and files that hold something else."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from toolkit.core.errors import DataError
from toolkit.data import PictureForm
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
        (PIXELS.transpose(0, 2, 3, 1), COLOUR, PIXELS),
        (PIXELS[0].transpose(1, 2, 0), COLOUR, PIXELS[:1]),
        (PIXELS[:, 0, :, :, np.newaxis], GREY, PIXELS[:, :1]),
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


@pytest.mark.parametrize("suffix", ["bmp", "gif", "ppm", "tif", "webp", "jpg", "pgm", "tga"])
def test_pictures_of_other_formats(tmp_path: Path, suffix: str) -> None:
    same = np.full((3, 4), 77, np.uint8)
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(same).save(path, **({"lossless": True} if suffix == "webp" else {}))
    assert np.array_equal(read_images([path], GREY)[0][0, 0], same)
    path.write_bytes(path.read_bytes()[:14])
    with pytest.raises(DataError, match="expected a picture; found"):
        read_images([path], GREY)


def test_pictures_are_resized_and_converted_as_those_of_the_training_were(tmp_path: Path) -> None:
    flat = np.full((30, 50, 3), (200, 100, 50), np.uint8)
    form = PictureForm(size=GREY[1:], colour="grey", resize=True, convert=True)
    images, _ = read_images([png(tmp_path / "a.png", flat)], GREY, form)
    assert np.array_equal(images, np.full((1, *GREY), Image.fromarray(flat).convert("L").getpixel((0, 0))))
    with pytest.raises(DataError, match=r"expected 3x4 \(height x width\); found 30x50"):
        read_images([tmp_path / "a.png"], GREY, form.model_copy(update={"resize": False}))


def test_files_that_hold_something_else(tmp_path: Path) -> None:
    (tmp_path / "empty.npy").touch()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "labels.idx").write_bytes(b"\0\0\x08\x01\0\0\0\x01\x07")
    (tmp_path / "cut.idx").write_bytes(idx(PIXELS[:, 0])[:-1])
    (tmp_path / "cut.idx.gz").write_bytes(gzip.compress(idx(PIXELS[:, 0]))[:-9])
    (tmp_path / "huge.idx").write_bytes(b"\0\0\x08\x03" + b"\xff" * 12)
    (tmp_path / "header.idx").write_bytes(b"\0\0\x08\x03\0\0\0\x01")
    (tmp_path / "magic.idx").write_bytes(b"\0\0\x08")
    (tmp_path / "photo.jpg").touch()
    rgb = PIXELS[0].transpose(1, 2, 0)
    truncated = png(tmp_path / "cut.png", rgb)
    truncated.write_bytes(truncated.read_bytes()[:-30])
    objects = np.array([[{}]], dtype=object)
    cases = {
        tmp_path / "missing.png": "expected a file; found none there",
        tmp_path / f"{'n' * 300}.png": "expected a file; found none there",
        tmp_path / "empty.npy": "cannot be read; expected an .npy file; found another kind of file",
        tmp_path / "text.png": "cannot be read; expected a picture",
        truncated: "cannot be read; expected a picture",
        tmp_path / "labels.idx": "expected images; found 1 labels",
        tmp_path / "cut.idx": r"is cut short; expected 60 bytes of values \(5 images of 3x4\); found 59",
        tmp_path / "header.idx": "is cut short; expected at least the 16 bytes of its header; found 8",
        tmp_path / "magic.idx": "is cut short; expected at least the 4 bytes of its header; found 3",
        tmp_path / "cut.idx.gz": "cannot be read",
        tmp_path / "huge.idx": "is cut short; expected 79228162458924105385300197375 bytes",
        tmp_path / "photo.jpg": "cannot be read; expected a picture; found another kind of file",
        png(tmp_path / "colour.png", rgb): "expected grey; found colours. Convert it to grey yourself",
        png(tmp_path / "alpha.png", rgb, "RGBA"): "one picture, .*found transparency",
        png(tmp_path / "deep.png", np.zeros((3, 4), np.uint16)): "found 16 bits",
        png(tmp_path / "bits.png", PIXELS[0, 0] > 9): "found pixels of kind 1",
        png(
            tmp_path / "large.png", np.zeros((4, 4), np.uint8)
        ): r"expected 3x4 \(height x width\); found 4x4. Convert it",
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


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def raw_png(width: int, height: int, depth: int, colour: int, rows: bytes, extra: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


GREY_ROWS, COLOUR_ROWS = (b"\0" + bytes(4)) * 3, (b"\0" + bytes(12)) * 3
PNGS = {
    "bomb": (raw_png(60000, 60000, 8, 0, b"\0\0"), "cannot be read; expected a picture; found Image size"),
    "damaged size": (raw_png(2**31, 1, 8, 0, b"\0\0"), "cannot be read; expected a picture"),
    "colour of 16 bits": (raw_png(4, 3, 16, 2, (b"\0" + bytes(24)) * 3), "found 16 bits"),
    "grey of 4 bits": (raw_png(4, 3, 4, 0, (b"\0" + bytes(2)) * 3), "found 4 bits"),
    "unknown colour": (
        raw_png(4, 3, 8, 5, GREY_ROWS),
        "cannot be read; expected a picture; found another kind",
    ),
    "grey, transparent": (raw_png(4, 3, 8, 0, GREY_ROWS, chunk(b"tRNS", bytes(2))), "found transparency"),
    "colour, transparent": (raw_png(4, 3, 8, 2, COLOUR_ROWS, chunk(b"tRNS", bytes(6))), "found transparency"),
    "indexed, transparent": (
        raw_png(4, 3, 8, 3, GREY_ROWS, chunk(b"PLTE", bytes(3)) + chunk(b"tRNS", bytes(1))),
        "found transparency",
    ),
    "rows too short": (raw_png(4, 3, 8, 0, GREY_ROWS[:-2]), "cannot be read; expected a picture"),
    "zip": (b"PK\x05\x06" + bytes(18), "cannot be read; expected a picture"),
}


@pytest.mark.parametrize("kind", PNGS)
def test_pictures_that_the_documents_exclude(tmp_path: Path, kind: str) -> None:
    content, words = PNGS[kind]
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_images([tmp_path / "a.png"], GREY)


def test_the_second_frame_of_an_animation_is_not_dropped(tmp_path: Path) -> None:
    first, second = (Image.fromarray(PIXELS[k, 0]) for k in (0, 1))
    first.save(tmp_path / "a.png", save_all=True, append_images=[second])
    with pytest.raises(DataError, match=r"expected one picture, .*; found an animation"):
        read_images([tmp_path / "a.png"], GREY)


def header(text: str) -> bytes:
    line = text.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(line)) + line


NPYS = {
    "zip": b"PK\x05\x06" + bytes(18),
    "cut zip": b"PK\x03\x04broken",
    "cut header": header("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4), "),
    "more than memory": header("{'descr': '|u1', 'fortran_order': False, 'shape': (9999999999, 3, 4), }"),
    "no size": header("{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999, 4), }"),
    "negative": header("{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 4), }") + bytes(12),
    "pickle": b"\x80\x04\x95",
}


@pytest.mark.parametrize("kind", NPYS)
def test_what_is_no_array_though_its_name_says_so(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.npy").write_bytes(NPYS[kind])
    with pytest.raises(DataError, match=r"array .*a\.npy cannot be read; expected an \.npy file; found ."):
        read_images([tmp_path / "a.npy"], GREY)
