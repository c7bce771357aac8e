"""Results on disk come back as they were, or are refused with the file and the key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, ClassVar

import numpy as np
import pytest
from pydantic import Field, field_validator

from toolkit.core.artifact import Arrays, Artifact, Record, Text, load_table, parse, write_bytes, write_json
from toolkit.core.errors import ArtifactError


class Toy(Artifact):
    FILE: ClassVar[str] = "toy.json"
    SCHEMA: ClassVar[int] = 3

    path: Path = Field(exclude=True)
    name: Text
    depths: tuple[int, ...]
    scale: float


class ToyArrays(Arrays):
    FILE: ClassVar[str] = "toy.npz"

    logits: np.ndarray
    latency: np.ndarray


def toy(folder: Path) -> Toy:
    return Toy(path=folder, name="größer", depths=(2, 4), scale=0.1)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    assert not Toy.exists(tmp_path)
    assert toy(tmp_path).save(tmp_path) == tmp_path / "toy.json"
    assert Toy.exists(tmp_path)
    assert Toy.load(tmp_path) == toy(tmp_path)
    assert "path" not in json.loads((tmp_path / "toy.json").read_text())


def test_a_folder_can_be_moved(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    toy(tmp_path / "old").save(tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    assert Toy.load(tmp_path / "new") == toy(tmp_path / "new")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema": 2}', r"toy\.json was written by another version of Offramp; expected schema 3"),
        ("{}", "another version"),
        ("[1]", "expected a JSON object; found list"),
        ('{"schema": 3, "name": "x"', "cannot be read; expected JSON"),
        ("[" * 100_000, r"toy\.json cannot be read"),
        ('{"schema": ' + "9" * 5000 + "}", r"toy\.json cannot be read"),
        ('{"schema": 3, "name": "", "depths": [], "scale": 1}', r"toy\.json: name; expected String"),
        ('{"schema": 3, "name": "x", "depths": [1], "scale": 1, "odd": 1}', r"toy\.json: odd"),
        ('{"schema": 3, "depths": [1], "scale": 1}', r"toy\.json: name; expected a value"),
    ],
)
def test_damage_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "toy.json").write_text(text)
    with pytest.raises(ArtifactError, match=message):
        Toy.load(tmp_path)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_are_not_finite_are_refused_when_read(tmp_path: Path, number: str) -> None:
    class Loose(Artifact):
        FILE: ClassVar[str] = "loose.json"
        whatever: dict[str, object]

    (tmp_path / "loose.json").write_text(f'{{"schema": 1, "whatever": {{"deep": [1, {number}]}}}}')
    with pytest.raises(ArtifactError, match=rf"loose\.json .*{number} where a finite number belongs"):
        Loose.load(tmp_path)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999"])
def test_numbers_in_tables_are_finite(tmp_path: Path, number: str) -> None:
    class Loose(Record):
        whatever: dict[str, object]

    (tmp_path / "table.toml").write_text(f"[whatever]\nvalue = {number}\n")
    with pytest.raises(ArtifactError, match=rf"table\.toml .*{number} where a finite number belongs"):
        load_table(Loose, tmp_path / "table.toml", "table")


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_numbers_in_arrays_are_finite(tmp_path: Path, number: float) -> None:
    ToyArrays(logits=np.zeros(2), latency=np.array([1.0, number])).save(tmp_path)
    with pytest.raises(ArtifactError, match=r"toy\.npz: latency; expected finite numbers"):
        ToyArrays.load(tmp_path)


def test_what_cannot_be_read_back_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "odd.json", {"value": float("inf")})
    assert not list(tmp_path.iterdir())


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "toy.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(ArtifactError, match=r"toy\.json cannot be read"):
        Toy.load(tmp_path)


def test_arrays_come_back_with_type_and_shape(tmp_path: Path) -> None:
    made = ToyArrays(logits=np.arange(6, dtype=np.int32).reshape(2, 3), latency=np.array([7, 8]))
    made.save(tmp_path)
    found = ToyArrays.load(tmp_path)
    assert found == made
    assert found.logits.dtype == np.int32
    assert made != ToyArrays(logits=made.logits.astype(np.int64), latency=made.latency)
    assert made != ToyArrays(logits=made.logits + 1, latency=made.latency)


def test_arrays_are_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ToyArrays(logits=np.zeros(2), latency=np.array([7, 8]))
    made.save(tmp_path)

    def breaks_off(file: IO[bytes], **_: object) -> None:
        file.write(b"half")
        raise OSError("no space")

    monkeypatch.setattr(np, "savez_compressed", breaks_off)
    with pytest.raises(OSError, match="no space"):
        ToyArrays(logits=np.ones(2), latency=np.array([7, 8])).save(tmp_path)
    assert ToyArrays.load(tmp_path) == made
    assert [file.name for file in tmp_path.iterdir()] == [ToyArrays.FILE]


def test_damaged_arrays_are_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"toy\.npz is missing"):
        ToyArrays.load(tmp_path)
    (tmp_path / "toy.npz").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(ArtifactError, match=r"toy\.npz cannot be read"):
        ToyArrays.load(tmp_path)
    np.savez(tmp_path / "toy.npz", logits=np.zeros(2))
    with pytest.raises(ArtifactError, match=r"toy\.npz: latency; expected a value"):
        ToyArrays.load(tmp_path)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "toy.npz", logits=np.array([{}], dtype=object), latency=np.zeros(1))
    with pytest.raises(ArtifactError, match=r"toy\.npz cannot be read"):
        ToyArrays.load(tmp_path)


def test_a_table_is_read_by_its_suffix(tmp_path: Path) -> None:
    class Constants(Record):
        value: float

    (tmp_path / "one.toml").write_text("value = 2.5\n")
    (tmp_path / "one.json").write_text('{"value": 2.5}')
    (tmp_path / "odd.toml").write_text("value = \n")
    assert load_table(Constants, tmp_path / "one.toml", "table") == Constants(value=2.5)
    assert load_table(Constants, tmp_path / "one.json", "table") == Constants(value=2.5)
    with pytest.raises(ArtifactError, match=r"odd\.toml cannot be read; expected TOML"):
        load_table(Constants, tmp_path / "odd.toml", "table")


def test_whatever_a_check_raises_is_damage() -> None:
    class Odd(Record):
        value: int

        @field_validator("value")
        @classmethod
        def _check(cls, value: int) -> int:
            return 1 // value

    with pytest.raises(ArtifactError, match="thing cannot be read; expected values that fit together"):
        parse(Odd, {"value": 0}, "thing")


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    with pytest.raises(IsADirectoryError):
        write_bytes(tmp_path / "target", b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
