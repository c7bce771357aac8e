"""Reads the idx format of MNIST (gzipped) and checks every property.

Format: magic ``00 00 08 <dimensions>`` (08 = unsigned bytes), each dimension as a big-endian 32-bit number,
then the values. Source: http://yann.lecun.com/exdb/mnist ("FILE FORMATS FOR THE MNIST DATABASE").
"""

from __future__ import annotations

import gzip
import hashlib
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import DataError

_KIND = {1: "labels", 3: "images"}


@dataclass(frozen=True)
class IdxFile:
    """The expected properties of an idx file.

    Attributes:
        name: file name, ``.gz``.
        shape: ``(count,)`` for labels, ``(count, height, width)`` for images.
        md5: MD5 of the file as the official mirrors serve it.
        sha256: SHA-256 of the decompressed content, which does not depend on the compression.
        limit: exclusive upper bound of the values.
    """

    name: str
    shape: tuple[int, ...]
    md5: str
    sha256: str
    limit: int = 256


def read(path: Path, want: IdxFile) -> npt.NDArray[np.uint8]:
    """Read one gzipped idx file as a uint8 array of shape ``want.shape``.

    Raises:
        DataError: the file is missing, not gzip, truncated, of another kind or size, has values out of range,
            or is well formed but not the official one.
    """
    content = _decompress(path)
    shape = _header(path, content)
    if shape != want.shape:
        raise _error(path, "holds something else than its name says", _describe(want.shape), _describe(shape))
    start = 4 + 4 * len(shape)
    size = int(np.prod(shape))
    if len(content) - start != size:
        raise _error(path, "is truncated or too long", f"{size} bytes of values", f"{len(content) - start}")
    values = np.frombuffer(content, dtype=np.uint8, offset=start)
    if size and values.max() >= want.limit:
        where = int(np.argmax(values >= want.limit))
        found = f"{values[where]} at position {where}"
        raise _error(path, "holds a value out of range", f"values 0 to {want.limit - 1}", found)
    digest = hashlib.sha256(content).hexdigest()
    if digest != want.sha256:
        raise _error(path, "is not the official file", f"content with SHA-256 {want.sha256}", digest)
    return values.reshape(shape)


def _decompress(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        raise _error(path, "is missing", "a gzipped idx file", "no file") from None
    except EOFError:
        raise _error(path, "is truncated", "a complete gzip stream", "its end missing") from None
    except (gzip.BadGzipFile, zlib.error) as cause:
        raise _error(path, "is damaged", "a gzip stream whose checksum holds", str(cause)) from cause
    except OSError as cause:
        raise _error(path, "cannot be read", "a readable file", cause.strerror or str(cause)) from cause


def _header(path: Path, content: bytes) -> tuple[int, ...]:
    """Return the dimensions in the file's header."""
    if len(content) < 4 or content[:3] != b"\x00\x00\x08" or content[3] not in _KIND:
        expected = "magic 00 00 08 01 (labels) or 00 00 08 03 (images)"
        raise _error(path, "is no idx file of bytes", expected, content[:4].hex(" ") or "nothing")
    dimensions = content[3]
    if len(content) < 4 + 4 * dimensions:
        raise _error(
            path, "is truncated", f"{dimensions} dimensions in its header", f"{len(content)} bytes in all"
        )
    return struct.unpack_from(f">{dimensions}I", content, 4)


def _describe(shape: tuple[int, ...]) -> str:
    size = f" of {'x'.join(map(str, shape[1:]))}" if shape[1:] else ""
    return f"{shape[0]} {_KIND[len(shape)]}{size}"


def _error(path: Path, problem: str, expected: str, found: str) -> DataError:
    fix = "Get the official file again, or leave the data folder out to have it downloaded."
    return DataError(f"data file {path} {problem}", expected=expected, found=found, fix=fix)
