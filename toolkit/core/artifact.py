"""Results on disk: written whole or not at all, checked when read back, named by their content.

A result is a class that derives from :class:`Artifact` (one JSON file) or :class:`Arrays` (one ``.npz``) and
stands in the package that computes it. The class alone knows the file's name.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import reprlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolkit.core.errors import ArtifactError
from toolkit.core.paths import is_file
from toolkit.core.reading import read_arrays, read_json, read_toml, reading

Text = Annotated[str, Field(min_length=1)]
"""Text of at least one character."""

Name = Annotated[str, Field(pattern=r"\A[A-Za-z_][A-Za-z0-9_]*\z")]
"""Name of a module: it becomes part of RTL, of scripts for tools and of paths."""

_FILE = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
Inside = Annotated[str, Field(pattern=rf"\A{_FILE}(/{_FILE})*\z", max_length=255)]
"""Path of a file relative to the folder of the result that names it; it cannot lead out of that folder."""

M = TypeVar("M", bound=BaseModel)


class Record(BaseModel):
    """Base of everything that is stored: immutable; unknown keys and infinities are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Artifact(Record):
    """A result in one JSON file.

    A subclass may have a field ``path``, excluded from the file: the folder it was loaded from, so that the
    folder can be moved.

    Attributes:
        FILE: name of the file.
        SCHEMA: version of its content; a file of another version is refused.
        FIX: advice to the user when a file of another version is found.
    """

    FILE: ClassVar[str]
    SCHEMA: ClassVar[int] = 1
    FIX: ClassVar[str] = "Make it again with this version."

    def save(self, folder: Path) -> Path:
        """Write the result into ``folder``, atomically; returns the path of the file."""
        file = folder / self.FILE
        write_bytes(file, self.text().encode(errors="backslashreplace"))
        return file

    def text(self) -> str:
        """Return the content of the file."""
        return _json({"schema": self.SCHEMA, **self.model_dump(mode="json", by_alias=True)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the result from ``folder``.

        Raises:
            ArtifactError: the file is missing, damaged, or of another schema; names file and key.
        """
        file = folder / cls.FILE
        value = read_json(file)
        if (schema := value.pop("schema", None)) != cls.SCHEMA:
            raise ArtifactError(
                f"{file} was written by another version of Offramp",
                expected=f"schema {cls.SCHEMA}",
                found=reprlib.repr(schema),
                fix=cls.FIX,
            )
        if "path" in cls.model_fields:
            value["path"] = folder
        return parse(cls, value, str(file))

    @classmethod
    def exists(cls, folder: Path) -> bool:
        """Whether ``folder`` holds such a result."""
        return is_file(folder / cls.FILE)

    @classmethod
    def find(cls, folder: Path) -> Self | None:
        """Load the result in ``folder``; None if there is no such file. Errors as :meth:`load`."""
        return cls.load(folder) if cls.exists(folder) else None


class Arrays(Record):
    """A result in one ``.npz`` file; every field is an array.

    Attributes:
        FILE: name of the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    FILE: ClassVar[str]

    def save(self, folder: Path) -> Path:
        """Write the arrays into ``folder``, atomically; returns the path of the file."""
        import numpy as np

        file = folder / self.FILE
        with replaced(file) as temporary, temporary.open("wb") as opened:
            np.savez_compressed(opened, **dict(self))
        return file

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the arrays from ``folder``.

        Raises:
            ArtifactError: the file is missing, damaged, or lacks one of the arrays.
        """
        file = folder / cls.FILE
        return parse(cls, read_arrays(file), str(file))

    def __eq__(self, other: object) -> bool:
        import numpy as np

        if not isinstance(other, type(self)):
            return NotImplemented
        return all(
            mine.dtype == theirs.dtype and np.array_equal(mine, theirs)
            for (_, mine), (_, theirs) in zip(self, other, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]  # arrays are mutable and have no hash


def parse(kind: type[M], value: object, what: str, fix: str = "") -> M:
    """Check a value against a model.

    Args:
        what: name of the value in messages.
        fix: advice to the user about a wrong key.

    Raises:
        ArtifactError: naming the first key that is missing or wrong.
    """
    with reading(what, "values that fit together", fix=fix):
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            key = ".".join(str(part) for part in first["loc"]) or "the whole"
            found = "nothing" if first["type"] == "missing" else reprlib.repr(first["input"])
            raise ArtifactError(f"{what}: {key}", expected=_wanted(first), found=found, fix=fix) from error


def _wanted(problem: Any) -> str:
    """Say in our words what pydantic expected in the place of a value."""
    words = {"missing": "a value", "extra_forbidden": "no such key"}
    text: str = words.get(problem["type"], problem["msg"])
    return text.removeprefix("Value error, ").removeprefix("Input should be ")


def differences(one: M, other: M) -> dict[str, tuple[object, object]]:
    """Return the fields in which two records of a kind differ, with both values."""
    pairs = {name: (getattr(one, name), getattr(other, name)) for name in type(one).model_fields}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def load_table(kind: type[M], path: Path, what: str, fix: str = "") -> M:
    """Read a hand-written table of constants, TOML or JSON by its suffix; errors as :func:`parse`."""
    value = read_toml(path) if path.suffix == ".toml" else read_json(path)
    return parse(kind, value, f"{what} {path}", fix)


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give a temporary name beside ``path``; the file written there replaces ``path`` at the end."""
    temporary = path.with_name(f".{path.name[:50]}.{os.getpid()}")  # a name may be as long as names can be
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically."""
    with replaced(path) as temporary:
        temporary.write_bytes(data)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, atomically; keys keep their order.

    What UTF-8 cannot hold, such as the name of a file in another encoding, is written as JSON's own escapes.
    """
    write_bytes(path, _json(value).encode(errors="backslashreplace"))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_json(value: Any) -> str:
    """Return the SHA-256 of a value as canonical JSON (sorted keys, no blanks), in hexadecimal."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield ``(path relative to folder, with '/'; path)`` of every file below ``folder``, sorted."""
    found = (path for path in folder.rglob("*") if is_file(path))
    yield from sorted((path.relative_to(folder).as_posix(), path) for path in found)
