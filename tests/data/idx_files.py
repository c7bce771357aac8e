"""Small files in the official MNIST format, and descriptions of them."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.data.idx import IdxFile


def encode(values: npt.NDArray[np.uint8]) -> bytes:
    """The idx content of an array of bytes."""
    header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.tobytes()


def write(folder: Path, name: str, values: npt.NDArray[np.uint8], limit: int = 256) -> IdxFile:
    """Write ``values`` gzipped and return the description that fits the file."""
    content = encode(values)
    packed = gzip.compress(content, mtime=0)
    (folder / name).write_bytes(packed)
    md5, sha256 = hashlib.md5(packed).hexdigest(), hashlib.sha256(content).hexdigest()
    return IdxFile(name, values.shape, md5, sha256, limit)


def write_mnist(folder: Path, train: int = 240, test: int = 30) -> list[IdxFile]:
    """Four small files with MNIST's names; labels go round 0..9."""
    generator = np.random.default_rng(7)
    files = []
    for part, count in (("train", train), ("t10k", test)):
        images = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        files.append(write(folder, f"{part}-images-idx3-ubyte.gz", images))
        files.append(write(folder, f"{part}-labels-idx1-ubyte.gz", labels, limit=10))
    return files
