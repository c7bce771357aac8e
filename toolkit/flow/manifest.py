"""The manifest of a finished step: its recipe, its files and its wall time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from toolkit.core.artifact import Artifact, Record, files_below, sha256_file, sha256_json
from toolkit.core.errors import ArtifactError


class Recipe(Record):
    """Everything that determines what a step writes: equal recipes give equal files.

    Attributes:
        inputs: step -> digest of its files.
        external: name -> digest of a file from outside the run.
        options: values of the step's options, JSON-able.
        versions: package or program -> version.
        code: digest of Offramp's source files; empty for a step that does not depend on them.
    """

    inputs: Mapping[str, str] = {}
    external: Mapping[str, str] = {}
    options: Mapping[str, Any] = {}
    versions: Mapping[str, str] = {}
    code: str = ""

    def key(self) -> str:
        """Return one digest for the whole recipe."""
        return sha256_json(self.model_dump(mode="json"))

    def difference(self, other: Recipe) -> str:
        """Describe what differs in ``other`` (the newer one); empty if they are equal."""
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
    """The record of a finished step, written last into its folder.

    Attributes:
        step: name of the step.
        digest: digest of its files without logs, which differ from run to run.
        recipe: everything that determined the result.
        files: relative path -> SHA-256, of every file but the manifest.
        summary: main figures of the result, JSON-able.
        started: time of the start, UTC, ISO 8601.
        seconds: wall time.
        peak_bytes: most resident memory, with all programs that it ran; 0: not known.
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
    peak_bytes: int = 0

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
        peak_bytes: int = 0,
    ) -> Self:
        """Describe the files of a step in ``folder``. Saving the manifest there finishes the step."""
        files = _hashes(folder)
        return cls(
            step=step,
            digest=_digest(files),
            recipe=recipe,
            files=files,
            summary=summary,
            started=started,
            seconds=seconds,
            peak_bytes=peak_bytes,
        )

    @property
    def message(self) -> str:
        """What the step tells the user about its result; empty if nothing."""
        return str(self.summary.get("message", ""))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the manifest in ``folder``.

        Raises:
            ArtifactError: the manifest is missing, damaged or has another schema.
        """
        manifest = super().load(folder)
        if manifest.digest != (found := _digest(manifest.files)):
            raise ArtifactError(f"{folder / cls.FILE} is damaged", expected=manifest.digest, found=found)
        return manifest

    def damage(self, folder: Path) -> str:
        """Describe how ``folder`` differs from what the step wrote; empty if it is intact."""
        now = {name: path for name, path in files_below(folder) if name != self.FILE}
        for name in sorted({*now, *self.files}):
            if name not in now:
                return f"{name} is missing"
            if name not in self.files:
                return f"{name} was added"
        changed = (name for name, path in now.items() if sha256_file(path) != self.files[name])
        return next((f"{name} was changed" for name in changed), "")


def _digest(files: Mapping[str, str]) -> str:
    return sha256_json({name: sha for name, sha in files.items() if not name.endswith(".log")})


def _hashes(folder: Path) -> dict[str, str]:
    return {name: sha256_file(path) for name, path in files_below(folder) if name != Manifest.FILE}
