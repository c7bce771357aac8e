from __future__ import annotations

import dataclasses
import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.data.idx_files import encode, write
from toolkit.core.errors import DataError
from toolkit.data.idx import IdxFile, read

LABELS = np.arange(10, dtype=np.uint8)
IMAGES = np.arange(10 * 28 * 28, dtype=np.int64).astype(np.uint8).reshape(10, 28, 28)


@pytest.fixture
def labels(tmp_path: Path) -> IdxFile:
    return write(tmp_path, "labels.gz", LABELS, limit=10)


def test_reads_what_was_written(tmp_path: Path, labels: IdxFile) -> None:
    images = write(tmp_path, "images.gz", IMAGES)
    assert np.array_equal(read(tmp_path / "images.gz", images), IMAGES)
    assert np.array_equal(read(tmp_path / "labels.gz", labels), LABELS)


def test_a_file_compressed_anew_is_accepted(tmp_path: Path, labels: IdxFile) -> None:
    (tmp_path / "labels.gz").write_bytes(gzip.compress(encode(LABELS), compresslevel=1, mtime=5))
    assert np.array_equal(read(tmp_path / "labels.gz", labels), LABELS)


def _flip_a_bit(packed: bytes) -> bytes:
    at = len(packed) // 2
    return packed[:at] + bytes([packed[at] ^ 4]) + packed[at + 1 :]


DAMAGES = {
    "truncated archive": (
        lambda packed: packed[:-9],
        "whole; found Compressed file ended",
    ),
    "flipped bit": (_flip_a_bit, "cannot be read; expected a gzip stream, whole"),
    "no archive": (lambda packed: b"<html>not found</html>", "found Not a gzipped file"),
    "empty file": (lambda packed: b"", "is cut short; expected at least the 4 bytes of its header; found 0"),
    "short header": (
        lambda packed: gzip.compress(b"\0\0\x08\x01\0"),
        "least the 8 bytes of its header; found 5",
    ),
    "wrong magic": (lambda packed: gzip.compress(b"\0\0\x0d\x01" + encode(LABELS)[4:]), "no idx file"),
    "values missing": (
        lambda packed: gzip.compress(encode(LABELS)[:-1]),
        r"cut short; expected 10 bytes .*found 9",
    ),
    "values too many": (lambda packed: gzip.compress(encode(LABELS) + b"\0"), "too long"),
    "label out of range": (lambda packed: gzip.compress(encode(LABELS + 1)), "10 at position 9"),
    "labels exchanged": (lambda packed: gzip.compress(encode(LABELS[::-1])), "not the official file"),
    "other count": (lambda packed: gzip.compress(encode(LABELS[:9])), "expected 10 labels; found 9 labels"),
    "images as labels": (lambda packed: gzip.compress(encode(IMAGES)), "found 10 images of 28x28"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_wrong_file_is_refused_with_the_reason(tmp_path: Path, labels: IdxFile, kind: str) -> None:
    damage, words = DAMAGES[kind]
    path = tmp_path / "labels.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=words) as caught:
        read(path, labels)
    assert str(path) in str(caught.value)
    assert caught.value.expected is not None
    assert caught.value.found is not None


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, labels: IdxFile) -> None:
    with pytest.raises(DataError, match="missing"):
        read(tmp_path / "absent.gz", labels)
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path, labels)


def test_every_truncation_of_a_small_file_is_refused(tmp_path: Path, labels: IdxFile) -> None:
    path = tmp_path / "labels.gz"
    packed = path.read_bytes()
    for length in range(len(packed)):
        path.write_bytes(packed[:length])
        with pytest.raises(DataError):
            read(path, dataclasses.replace(labels))
