"""One reader per format: whatever a file holds, the error is typed and names it."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.core import reading
from toolkit.core.errors import ArtifactError, DataError

READERS: dict[str, Callable[[Path], Any]] = {
    "json": reading.read_json,
    "toml": reading.read_toml,
    "csv": lambda path: reading.read_csv(path, f"table {path}"),
    "npy": lambda path: reading.read_array(path, f"array {path}"),
    "npz": reading.read_arrays,
    "gz": lambda path: reading.read_bytes(path, f"bytes {path}"),
    "onnx": reading.read_onnx,
}


def npy(shape: str, data: bytes = b"") -> bytes:
    line = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(line)) + line + data


def zipped(method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


NESTED = "[" * 100_000
CASES = {
    "cut.json": (b'{"a": ', "Expecting value"),
    "list.json": (b"[]", "expected a JSON object; found list"),
    "nested.json": (NESTED.encode(), "values nested too deep"),
    "nested_objects.json": (b'{"a":' * 100_000, "values nested too deep"),
    "bytes.json": (b"\xff\xfe\x00", "codec can't decode"),
    "nan.json": (b'{"a": NaN}', "NaN where a finite number belongs"),
    "nested.toml": (b"a = " + NESTED.encode(), "values nested too deep"),
    "cut.toml": (b"a = ", "Invalid value"),
    "cells.csv": (b"a,b\n1,2,3\n", "expected at most 2 cells in row 1; found 3"),
    "twice.csv": (b"a,a\n1,2\n", "expected headings that differ; found 2 a in 'a,a'"),
    "quote.csv": (b'a,b\n"1,2\n', "unexpected end of data"),
    "zip.npy": (zipped(a__npy=npy("(1,)", bytes(8))), "another kind of file"),
    "memory.npy": (npy("(9999999999, 28, 28)"), "."),
    "object.npy": (npy("(1,)", bytes(8)).replace(b"<f8", b"|O "), "."),
    "cut.npy": (npy("(2, 3)", bytes(40)), "."),
    "plain.npz": (npy("(1,)", bytes(8)), "not a zip file"),
    "text.npz": (zipped(readme=b"hello"), "readme; expected an array; found other bytes"),
    "memory.npz": (zipped(a__npy=npy("(9999999999, 28, 28)")), "."),
    "nan.npz": (zipped(a__npy=npy("(1,)", struct.pack("<d", float("nan")))), "a; expected finite numbers"),
    "plain.gz": (b"no gzip", "Not a gzipped file"),
    "cut.gz": (gzip.compress(bytes(1000))[:-4], "Compressed file ended"),
    "text.onnx": (b"no graph", "."),
}


@pytest.mark.parametrize("name", CASES)
def test_damage_is_one_typed_error_that_names_the_file(tmp_path: Path, name: str) -> None:
    content, words = CASES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=words) as caught:
        READERS[name.rpartition(".")[2]](tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", READERS)
def test_a_missing_file_and_a_folder(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ArtifactError, match=rf"absent\.{kind} is missing"):
        READERS[kind](tmp_path / f"absent.{kind}")
    (tmp_path / f"folder.{kind}").mkdir()
    with pytest.raises(ArtifactError, match=rf"folder\.{kind} cannot be read; .* found Is a directory"):
        READERS[kind](tmp_path / f"folder.{kind}")


def test_what_a_packed_file_unfolds_into_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 1000)
    (tmp_path / "a.gz").write_bytes(gzip.compress(bytes(1000)))
    assert reading.read_bytes(tmp_path / "a.gz", "bytes") == bytes(1000)
    (tmp_path / "a.gz").write_bytes(gzip.compress(bytes(1001)))
    with pytest.raises(DataError, match=r"bytes cannot be read; .* found more than 1,000 bytes"):
        reading.read_bytes(tmp_path / "a.gz", "bytes", DataError)
    (tmp_path / "a.npz").write_bytes(zipped(a__npy=npy("(200,)", bytes(1600))))
    with pytest.raises(ArtifactError, match="bytes of arrays"):
        reading.read_arrays(tmp_path / "a.npz")


def test_what_is_whole_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"a": [1, 2.5]}))
    assert reading.read_json(tmp_path / "a.json") == {"a": [1, 2.5]}
    (tmp_path / "a.csv").write_text('x,y\n1,"2,3"\n\n4,5\n')
    assert reading.read_csv(tmp_path / "a.csv", "table") == [{"x": "1", "y": "2,3"}, {"x": "4", "y": "5"}]
    for array in (np.arange(6).reshape(2, 3), np.zeros((0, 3)), np.float32(1.5)):
        np.save(tmp_path / "a.npy", array)
        assert np.array_equal(reading.read_array(tmp_path / "a.npy", "array"), array)


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (MemoryError(), "found more than the memory holds"),
        (KeyError("weights"), "found KeyError 'weights'"),
        (RuntimeError("two\nlines"), "found two lines"),
        (AssertionError(), "found AssertionError"),
    ],
)
def test_whatever_a_library_raises(raised: Exception, words: str) -> None:
    message = f"thing cannot be read; expected whole; {words}. Buy new."
    with pytest.raises(DataError, match=message), reading.reading("thing", "whole", DataError, "Buy new."):
        raise raised
