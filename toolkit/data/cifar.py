"""Reads CIFAR-10's two formats: the binary records and the batches that Python 2 pickled.

Binary: for each picture a byte with its label and 3,072 bytes of pixels, the red, green and blue plane row by
row. Pickle: a mapping with ``data``, uint8 [N, 3072] in the same order, and ``labels``.
Source: https://www.cs.toronto.edu/~kriz/cifar.html.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import DataError
from toolkit.core.reading import reading
from toolkit.data.dataset import Split

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE = (3, 32, 32)
_PIXELS = 3 * 32 * 32


def binary_batch(content: bytes, what: str) -> Split:
    """Read binary records.

    Args:
        content: bytes of the file.
        what: name of the file in messages.

    Raises:
        DataError: they are not whole records, are none, or a label is not 0 to 9.
    """
    records, left = divmod(len(content), 1 + _PIXELS)
    if left or not records:
        expected = f"records of {1 + _PIXELS:,} bytes"
        raise DataError(what, expected=expected, found=f"{len(content):,} bytes")
    values = np.frombuffer(content, dtype=np.uint8).reshape(records, 1 + _PIXELS)
    return _split(values[:, 1:], values[:, 0], what)


def pickled_batch(content: bytes, what: str) -> Split:
    """Read a pickled batch; nothing that a pickle may name is called, but what makes arrays.

    Raises:
        DataError: it is no pickle of such a batch, or a label is not 0 to 9.
    """
    with reading(what, "a pickled batch of CIFAR-10", DataError):
        batch = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
        if not isinstance(batch, Mapping):
            raise ValueError(f"a {type(batch).__name__} instead of a mapping")
        fields = {key.decode() if isinstance(key, bytes) else key: value for key, value in batch.items()}
        data, labels = np.asarray(fields["data"]), np.asarray(fields["labels"])
        if data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != _PIXELS:
            raise ValueError(f"data {data.dtype} {list(data.shape)}")
        if labels.dtype.kind not in "iu" or labels.shape != data.shape[:1]:
            raise ValueError(f"labels {labels.dtype} {list(labels.shape)}")
    return _split(data, labels, what)


def joined(batches: Sequence[Split]) -> Split:
    """Put batches one after the other."""
    images = np.concatenate([batch.images for batch in batches])
    return Split(images, np.concatenate([batch.labels for batch in batches]))


def _split(pixels: npt.NDArray[np.uint8], labels: npt.NDArray[Any], what: str) -> Split:
    wrong = (labels < 0) | (labels >= len(CLASSES))
    if wrong.any():
        where = int(np.argmax(wrong))
        found = f"{labels[where]} in record {where}"
        raise DataError(what, expected=f"labels 0 to {len(CLASSES) - 1}", found=found)
    return Split(pixels.reshape(-1, *SHAPE).copy(), labels.astype(np.int64))


class _ArraysOnly(pickle.Unpickler):
    """Reads plain values and numpy arrays of plain values."""

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the names that a pickled array needs.

        Raises:
            UnpicklingError: the pickle names something else.
        """
        package = module.replace("numpy._core", "numpy.core")
        known = {
            ("numpy.core.multiarray", "_reconstruct"): _empty,
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): _plain_type,
            ("_codecs", "encode"): _encode,
        }
        if (package, name) not in known:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return known[package, name]


def _empty(kind: type, shape: object, code: object) -> npt.NDArray[np.uint8]:
    """Return the empty array that a pickle fills."""
    if kind is not np.ndarray:
        raise pickle.UnpicklingError("an array of another kind")
    return np.ndarray((0,), np.uint8)


def _plain_type(name: str | bytes, *flags: object) -> np.dtype[Any]:
    """Return a type of whole numbers, the only ones that a batch holds."""
    kind = np.dtype(name.decode() if isinstance(name, bytes) else name, False, True)
    if kind.kind not in "iu":
        raise pickle.UnpicklingError(f"values of type {kind}")
    return kind


def _encode(text: str, encoding: str) -> bytes:
    """Return the bytes that Python 3 pickles as a text in protocol 2."""
    if not isinstance(text, str) or encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes in {encoding}")
    return text.encode("latin1")
