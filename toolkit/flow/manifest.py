"""The manifest of a finished stage: what it was made from, what it wrote, how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from toolkit.core.artifact import files_below, read_json, sha256_file, sha256_json, write_json
from toolkit.core.errors import ArtifactError

SCHEMA = 1
NAME = "manifest.json"


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a stage writes. Equal recipes, equal files.

    Args:
        inputs: stage name -> digest of its files.
        external: name -> digest of a file from outside the run.
        options: the stage's options, JSON-able.
        versions: package or program -> version.
        code: digest of our own source files the stage rests on.
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    external: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    code: str = ""

    def key(self) -> str:
        """One digest for all of it."""
        return sha256_json(asdict(self))

    def difference(self, other: Recipe) -> str:
        """In words, what differs in ``other`` (the newer one); empty if nothing does."""
        words = []
        for name in ("inputs", "external", "options", "versions"):
            old, new = getattr(self, name), getattr(other, name)
            words += [_change(key, old, new) for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
        if self.code != other.code:
            words.append("code")
        return ", ".join(words)


def _change(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    values = [mapping.get(key) for mapping in (old, new)]
    short = all(value is None or len(str(value)) <= 20 for value in values)
    return f"{key} {values[0]} -> {values[1]}" if short else key


@dataclass(frozen=True)
class Manifest:
    """What a finished stage left behind.

    Args:
        stage: its name.
        recipe: what it was made from.
        files: relative path -> SHA-256, of every file but the manifest.
        summary: what the stage says of its result, JSON-able.
        started: UTC, ISO 8601.
        seconds: wall time.
    """

    stage: str
    recipe: Recipe
    files: Mapping[str, str]
    summary: Mapping[str, Any]
    started: str
    seconds: float

    @property
    def digest(self) -> str:
        """Names the stage's result: its files without the logs, which differ from run to run."""
        return sha256_json({name: sha for name, sha in self.files.items() if not name.endswith(".log")})

    def write(self, folder: Path) -> None:
        """Write it into the stage's folder; from then on the stage is finished."""
        write_json(folder / NAME, {"schema": SCHEMA, "digest": self.digest, **asdict(self)})

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the manifest in ``folder``.

        Raises:
            ArtifactError: missing, damaged or of another schema.
        """
        value = read_json(folder / NAME)
        if value.pop("schema", None) != SCHEMA:
            raise ArtifactError(f"{folder / NAME} is of another version", expected=f"schema {SCHEMA}")
        try:
            digest = value.pop("digest")
            manifest = cls(**{**value, "recipe": Recipe(**value["recipe"])})
        except (KeyError, TypeError) as error:
            raise ArtifactError(f"{folder / NAME} is damaged", found=str(error)) from error
        if manifest.digest != digest:
            raise ArtifactError(f"{folder / NAME} is damaged", expected=digest, found=manifest.digest)
        return manifest

    def damage(self, folder: Path) -> str:
        """In words, how ``folder`` differs from what was written; empty if it does not."""
        now = hash_files(folder)
        for name in sorted({*now, *self.files}):
            if name not in now:
                return f"{name} is missing"
            if name not in self.files:
                return f"{name} was added"
            if now[name] != self.files[name]:
                return f"{name} was changed"
        return ""


def hash_files(folder: Path) -> dict[str, str]:
    """Relative path -> SHA-256 of every file below ``folder`` but the manifest."""
    return {name: sha256_file(path) for name, path in files_below(folder) if name != NAME}
