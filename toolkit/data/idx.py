"""Reads the idx format of MNIST and checks every property.

Format: magic ``00 00 08 <dimensions>`` (08 = unsigned bytes), each dimension as a big-endian 32-bit number,
then the values. Source: http://yann.lecun.com/exdb/mnist ("FILE FORMATS FOR THE MNIST DATABASE").
"""

from __future__ import annotations

import hashlib
import math
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import DataError
from toolkit.core.reading import read_bytes
from toolkit.data.fetch import require_official

_BYTES = b"\0\0\x08"
_KIND = {1: "labels", 3: "images"}


@dataclass(frozen=True)
class IdxFile:
    """The expected properties of an idx file.

    Attributes:
        name: file name, ``.gz``.
        shape: ``(count,)`` for labels, ``(count, height, width)`` for images.
        digest: MD5 of the file as the official mirrors serve it.
        sha256: SHA-256 of the decompressed content, which does not depend on the compression; empty where it
            is not known, and only the file with that MD5 is taken.
        limit: exclusive upper bound of the values.
    """

    name: str
    shape: tuple[int, ...]
    digest: str
    sha256: str = ""
    limit: int = 256


def read(path: Path, want: IdxFile) -> npt.NDArray[np.uint8]:
    """Read one gzipped idx file as a uint8 array of shape ``want.shape``.

    Raises:
        DataError: the file is missing, not gzip, truncated, of another kind or size, has values out of range,
            or is well formed but not the official one.
    """
    fix = "Get the official file again, or leave the data folder out to have it downloaded."
    values, content = decode(path, f"data file {path}", fix)
    if values.shape != want.shape:
        raise DataError(
            f"data file {path} holds something else than its name says",
            expected=_describe(want.shape),
            found=_describe(values.shape),
            fix=fix,
        )
    if values.size and values.max() >= want.limit:
        where = int(np.argmax(values >= want.limit))
        raise DataError(
            f"data file {path} holds a value out of range",
            expected=f"values 0 to {want.limit - 1}",
            found=f"{values[where]} at position {where}",
            fix=fix,
        )
    if not want.sha256:
        require_official(path, want.digest)
    elif (digest := hashlib.sha256(content).hexdigest()) != want.sha256:
        expected = f"content with SHA-256 {want.sha256}"
        raise DataError(
            f"data file {path} is not the official file", expected=expected, found=digest, fix=fix
        )
    return values


def decode(path: Path, what: str, fix: str = "") -> tuple[npt.NDArray[np.uint8], bytes]:
    """Read an idx file, gzipped if its name ends in ``.gz``: its values in the shape it states, its content.

    Args:
        path: file of labels [N] or of images [N, H, W].
        what: name of the file in messages.
        fix: advice to the user.

    Raises:
        DataError: the file is missing, not gzip, no idx file of bytes, or has another length than it states.
    """
    content = read_bytes(path, what, DataError, fix)
    known = content[:3] == _BYTES and len(content) > 3 and content[3] in _KIND
    if not known and not (_BYTES + b"\x01").startswith(content):
        expected = "magic 00 00 08 01 (labels) or 00 00 08 03 (images)"
        raise DataError(
            f"{what} is no idx file of bytes", expected=expected, found=content[:4].hex(" "), fix=fix
        )
    start = 4 + 4 * content[3] if known else 4
    if len(content) < start or not known:
        expected = f"at least the {start} bytes of its header"
        raise DataError(f"{what} is cut short", expected=expected, found=f"{len(content)}", fix=fix)
    shape = struct.unpack_from(f">{content[3]}I", content, 4)
    if (stated := math.prod(shape)) != (held := len(content) - start):
        problem = "is cut short" if held < stated else "is too long"
        expected = f"{stated} bytes of values ({_describe(shape)})"
        raise DataError(f"{what} {problem}", expected=expected, found=f"{held}", fix=fix)
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape), content


def _describe(shape: tuple[int, ...]) -> str:
    size = f" of {'x'.join(map(str, shape[1:]))}" if shape[1:] else ""
    return f"{shape[0]} {_KIND[len(shape)]}{size}"
