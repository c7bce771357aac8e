"""Tables of constants on disk: TOML or JSON, checked against a pydantic model."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolkit.core.artifact import read_json
from toolkit.core.errors import ArtifactError

Text = Annotated[str, Field(min_length=1)]
"""Something must be said: a source may not be empty."""

P = TypeVar("P", bound=BaseModel)


class Part(BaseModel):
    """Base of all parts of a table: immutable, no key unknown, no infinities."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def load(kind: type[P], path: Path, what: str, fix: str = "") -> P:
    """Read a table.

    Args:
        path: a ``.toml`` file; any other is read as JSON.
        what: the kind of table, for messages.
        fix: what to do about a wrong key.

    Raises:
        ArtifactError: missing, unreadable, or a key is missing or wrong: names file and key.
    """
    return parse(kind, _read(path), f"{what} {path}", fix)


def parse(kind: type[P], value: object, what: str, fix: str = "") -> P:
    """Check a table.

    Raises:
        ArtifactError: naming the first key that is missing or wrong.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the whole"
        found = repr(first["input"])
        found = found if len(found) <= 60 else f"{found[:57]}..."
        raise ArtifactError(f"{what}: {key}", expected=first["msg"], found=found, fix=fix) from error


def _read(path: Path) -> dict[str, Any]:
    if path.suffix != ".toml":
        return read_json(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(f"{path} is missing") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ArtifactError(f"{path} cannot be read", expected="TOML", found=str(error)) from error
