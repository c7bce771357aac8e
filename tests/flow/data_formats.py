"""Pictures and datasets as whole files, and what reads them, for :mod:`tests.flow.formats`."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

from tests.data import cifar_files, svhn_files
from toolkit.core.errors import OfframpError

GREY, COLOUR = (1, 5, 4), (3, 5, 4)
PIXELS = np.random.default_rng(0).integers(0, 256, (2, 3, 5, 4), dtype=np.uint8)


def images(path: Path) -> None:
    from toolkit.runtime.images import read_images

    for shape in (GREY, COLOUR):
        try:
            images, _ = read_images([path], shape)
        except OfframpError as error:
            refused = error
        else:
            assert images.shape[1:] == shape
            return
    raise refused


def pictures(_: Path) -> list[bytes]:
    found = []
    for image in (
        Image.fromarray(PIXELS[0, 0]),
        Image.fromarray(PIXELS[0].transpose(1, 2, 0)),
        Image.fromarray(PIXELS[0, 0]).convert("P"),
    ):
        image.save(buffer := io.BytesIO(), "PNG")
        found.append(buffer.getvalue())
    return found


def coded(kind: str) -> Callable[[Path], list[bytes]]:
    """A grey picture in another format, of the same grey levels everywhere."""

    def make(_: Path) -> list[bytes]:
        Image.fromarray(PIXELS[0, 0]).save(buffer := io.BytesIO(), kind)
        return [buffer.getvalue()]

    return make


def converted(path: Path) -> None:
    from toolkit.data.pictures import PictureForm, read_picture

    for form in (
        PictureForm(),
        PictureForm(size=(4, 4), colour="rgb", resize=True, convert=True),
        PictureForm(size=(4, 4), colour="grey", resize=True, convert=True),
    ):
        assert read_picture(path, form).dtype == np.uint8


def batch(_: Path) -> list[bytes]:
    return [cifar_files.python(*cifar_files.batch(0, 1))]


def read_batch(path: Path) -> None:
    from toolkit.data.cifar import pickled_batch

    pickled_batch(path.read_bytes(), "batch")


def records(_: Path) -> list[bytes]:
    return [cifar_files.binary(*cifar_files.batch(0, 1))]


def read_records(path: Path) -> None:
    from toolkit.data.cifar import binary_batch

    binary_batch(path.read_bytes(), "batch")


def mat(_: Path) -> list[bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 2), dtype=np.uint8)
    found = []
    for compressed in (False, True):
        values = {"X": pixels, "y": np.array([[1], [10]], np.uint8)}
        savemat(buffer := io.BytesIO(), values, do_compression=compressed)
        found.append(buffer.getvalue())
    return found


def read_mat(path: Path) -> None:
    from toolkit.data.svhn import decode

    decode(path, 2)


def digit_struct(folder: Path) -> list[bytes]:
    several = [svhn_files.Digit(10.0, 3.0, 4.0), svhn_files.Digit(7.0, 14.0, 4.0)]
    svhn_files.write_labels(folder / "whole.mat", [("1.png", several), ("2.png", several[:1])])
    return [(folder / "whole.mat").read_bytes()]


def read_digit_struct(path: Path) -> None:
    from toolkit.data.svhn_numbers import read_numbers

    read_numbers(path)


def npy(_: Path) -> list[bytes]:
    found = []
    for array in (PIXELS, PIXELS[:, 0], np.asfortranarray(PIXELS[0, 0])):
        np.save(buffer := io.BytesIO(), array)
        found.append(buffer.getvalue())
    return found


def idx(_: Path) -> list[bytes]:
    return [b"\0\0\x08\x03" + struct.pack(">3I", 2, 5, 4) + PIXELS[:, 0].tobytes()]


def npz(_: Path) -> list[bytes]:
    np.savez_compressed(packed := io.BytesIO(), logits=np.arange(12).reshape(3, 4), latency=np.zeros(3))
    np.savez(plain := io.BytesIO(), logits=np.arange(12).reshape(3, 4))
    return [packed.getvalue(), plain.getvalue()]
