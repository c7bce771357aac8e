"""Small folders in the official format of SVHN's full numbers, as MATLAB writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image


class Digit(NamedTuple):
    label: float
    left: float
    top: float
    width: float = 10.0
    height: float = 20.0


def write_labels(path: Path, numbers: Sequence[tuple[str, Sequence[Digit]]], **changes: Any) -> None:
    """Write digitStruct.mat: references to names and to groups, whose fields are values or references."""
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        held = file.create_group("#refs#")

        def kept(values: Any, kind: Any) -> h5py.Reference:
            return held.create_dataset(f"r{len(held)}", data=np.array(values, kind)[:, None]).ref

        names, boxes = [], []
        for name, digits in numbers:
            names.append(kept([ord(letter) for letter in name], np.uint16))
            group = held.create_group(f"r{len(held)}")
            for field in Digit._fields:
                values = [getattr(digit, field) for digit in digits]
                if len(values) == 1:
                    group.create_dataset(field, data=np.array([values], np.float64))
                else:
                    group[field] = _references([kept([one], np.float64) for one in values])
            boxes.append(group.ref)
        for field, references in {"name": names, "bbox": boxes, **changes}.items():
            file[f"digitStruct/{field}"] = _references(references)
    content = path.read_bytes()
    head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM"
    path.write_bytes(head + content[128:])


def _references(found: Sequence[Any]) -> Any:
    import h5py

    array = np.empty((len(found), 1), dtype=h5py.ref_dtype)
    array[:, 0] = found
    return array


def write_folder(folder: Path, count: int) -> list[tuple[int, ...]]:
    """Write pictures of one to six digits, each in a grey of its own; return the digits of each."""
    folder.mkdir(parents=True)
    numbers, digits = [], []
    for at in range(count):
        wanted = tuple((at + k) % 10 for k in range(1 + at % 6))
        pixels = np.zeros((40, 90, 3), np.uint8)
        boxes = [Digit(float(one or 10), 5.0 + 12 * k, 8.0) for k, one in enumerate(wanted)]
        for one, box in zip(wanted, boxes, strict=True):
            pixels[8:28, int(box.left) : int(box.left) + 10] = 20 * one + 20
        Image.fromarray(pixels).save(folder / f"{at + 1}.png")
        numbers.append((f"{at + 1}.png", boxes))
        digits.append(wanted)
    write_labels(folder / "digitStruct.mat", numbers)
    return digits
