"""The manifest of a finished step: what it was made from, what it wrote, how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from toolkit.core.artifact import Artifact, Record, files_below, sha256_file, sha256_json
from toolkit.core.errors import ArtifactError


class Recipe(Record):
    """Everything that decides what a step writes. Equal recipes, equal files.

    Attributes:
        inputs: step -> digest of its files.
        external: name -> digest of a file from outside the run.
        options: the step's options, JSON-able.
        versions: package or program -> version.
        code: digest of our own source files; empty for a step that they do not count for.
    """

    inputs: Mapping[str, str] = {}
    external: Mapping[str, str] = {}
    options: Mapping[str, Any] = {}
    versions: Mapping[str, str] = {}
    code: str = ""

    def key(self) -> str:
        """One digest for all of it."""
        return sha256_json(self.model_dump(mode="json"))

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


class Manifest(Artifact):
    """What a finished step left behind.

    Attributes:
        step: its name.
        digest: name of the result: of its files without the logs, which differ from run to run.
        recipe: what it was made from.
        files: relative path -> SHA-256, of every file but the manifest.
        summary: the step's own account of its result, JSON-able.
        started: UTC, ISO 8601.
        seconds: wall time.
    """

    FILE: ClassVar[str] = "manifest.json"
    SCHEMA: ClassVar[int] = 2

    step: str
    digest: str
    recipe: Recipe
    files: Mapping[str, str]
    summary: Mapping[str, Any]
    started: str
    seconds: float

    @classmethod
    def of(
        cls,
        step: str,
        folder: Path,
        recipe: Recipe,
        summary: Mapping[str, Any],
        *,
        started: str = "",
        seconds: float = 0.0,
    ) -> Self:
        """Describe what a step has written into ``folder``. Saved there, the step is finished."""
        files = _hashes(folder)
        return cls(
            step=step,
            digest=_digest(files),
            recipe=recipe,
            files=files,
            summary=summary,
            started=started,
            seconds=seconds,
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the manifest in ``folder``.

        Raises:
            ArtifactError: missing, damaged or of another schema.
        """
        manifest = super().load(folder)
        if manifest.digest != (found := _digest(manifest.files)):
            raise ArtifactError(f"{folder / cls.FILE} is damaged", expected=manifest.digest, found=found)
        return manifest

    def damage(self, folder: Path) -> str:
        """In words, how ``folder`` differs from what was written; empty if it does not."""
        now = _hashes(folder)
        for name in sorted({*now, *self.files}):
            if name not in now:
                return f"{name} is missing"
            if name not in self.files:
                return f"{name} was added"
            if now[name] != self.files[name]:
                return f"{name} was changed"
        return ""


def _digest(files: Mapping[str, str]) -> str:
    return sha256_json({name: sha for name, sha in files.items() if not name.endswith(".log")})


def _hashes(folder: Path) -> dict[str, str]:
    return {name: sha256_file(path) for name, path in files_below(folder) if name != Manifest.FILE}
