"""Small files in CIFAR-10's official formats."""

from __future__ import annotations

import hashlib
import io
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from toolkit.data.cifar10 import BINARY, PYTHON, Archive, Version


def batch(number: int, per_class: int = 4) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Pixels [N, 3072] and labels [N] of a batch, made up."""
    generator = np.random.default_rng(number)
    labels = generator.permutation(np.repeat(np.arange(10, dtype=np.uint8), per_class))
    return generator.integers(0, 256, (len(labels), 3072), dtype=np.uint8), labels


def binary(pixels: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> bytes:
    """The records of a binary batch."""
    return np.concatenate([labels[:, np.newaxis], pixels], axis=1).tobytes()


class Python2(pickle._Pickler):  # type: ignore[name-defined]
    """Pickles as Python 2 did: texts as byte strings, numpy under its old name."""

    dispatch: ClassVar[dict[type, Any]] = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    def save_old(self, value: bytes | str) -> None:
        content = value.encode("latin1") if isinstance(value, str) else value
        self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)

    dispatch[bytes] = save_old
    dispatch[str] = save_old


def pickled(content: object) -> bytes:
    """A pickle as the official files are."""
    Python2(buffer := io.BytesIO(), protocol=2).dump(content)
    return buffer.getvalue().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")


def python(pixels: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> bytes:
    """A pickled batch."""
    names = [f"picture_{number}.png" for number in range(len(labels))]
    return pickled(
        {
            "batch_label": "training batch 1 of 5",
            "labels": labels.tolist(),
            "data": pixels,
            "filenames": names,
        }
    )


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def write(folder: Path, version: Version, packed: bool = False, per_class: int = 4) -> Version:
    """Write six small batches, and return the description that fits them."""
    make = binary if version is BINARY else python
    contents = {name: make(*batch(n, per_class)) for n, name in enumerate(version.batches)}
    known = {name: md5(content) for name, content in contents.items()} if version is PYTHON else {}
    archive = Archive(version.archive.name, "")
    if packed:
        with tarfile.open(folder / archive.name, "w:gz") as opened:
            for name, content in contents.items():
                (member := tarfile.TarInfo(f"{version.folder}/{name}")).size = len(content)
                opened.addfile(member, io.BytesIO(content))
        archive = Archive(archive.name, md5((folder / archive.name).read_bytes()))
    else:
        (folder / version.folder).mkdir()
        for name, content in contents.items():
            (folder / version.folder / name).write_bytes(content)
    return Version(archive, version.folder, version.batches, known)
