"""Patches: descriptions of changes to a source file, and their application to its text."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from toolkit.core.errors import UnsupportedVersion

FINN_VERSION = "1.6.1"


@dataclass(frozen=True)
class Replace:
    """Replace ``find`` by ``text``."""

    find: str
    text: str


@dataclass(frozen=True)
class Move:
    """Move everything from ``first`` up to and including ``last`` before ``before``."""

    first: str
    last: str
    before: str


@dataclass(frozen=True)
class Patch:
    """All changes to one file of the library that serve one purpose.

    Attributes:
        name: name of the patch, which is that of its file.
        file: path of the patched file below ``finn-rtllib``, with forward slashes.
        why: reason for the patch.
        edits: edits in order; each snippet must occur exactly once.
    """

    name: str
    file: str
    why: str
    edits: tuple[Replace | Move, ...]

    def apply(self, text: str) -> str:
        """Return ``text`` with all edits.

        Raises:
            UnsupportedVersion: a snippet does not occur exactly once.
        """
        for edit in self.edits:
            if isinstance(edit, Replace):
                start, end = self._span(text, edit.find)
                text = text[:start] + edit.text + text[end:]
            else:
                start, end = self._span(text, edit.first)[0], self._span(text, edit.last)[1]
                cut, text = text[start:end], text[:start] + text[end:]
                place = self._span(text, edit.before)[0]
                text = f"{text[:place]}{cut}\n{text[place:]}"
        return text

    def _span(self, text: str, snippet: str) -> tuple[int, int]:
        """Return start and end of the only occurrence of ``snippet``."""
        if (count := text.count(snippet)) != 1:
            raise UnsupportedVersion(
                f"FINN+'s {self.file} does not suit the patch '{self.name}'",
                expected=f"{snippet!r} exactly once, as in finn-plus {FINN_VERSION}",
                found=f"{count} times",
                fix=f"Reinstall finn-plus=={FINN_VERSION}.",
            )
        start = text.index(snippet)
        return start, start + len(snippet)


def _parse(name: str, text: str) -> Patch:
    """Parse one patch; moves are applied after replacements."""
    raw = tomllib.loads(text)
    replaces = (Replace(edit["find"], edit["with"]) for edit in raw.get("replace", ()))
    moves = (Move(edit["from"], edit["to"], edit["before"]) for edit in raw.get("move", ()))
    return Patch(name, raw["file"], raw["why"].strip(), (*replaces, *moves))


def _load() -> tuple[Patch, ...]:
    found = [
        entry for entry in files(__package__).joinpath("patches").iterdir() if entry.name.endswith(".toml")
    ]
    found.sort(key=lambda entry: entry.name)
    return tuple(_parse(f.name.removesuffix(".toml"), f.read_text("utf-8")) for f in found)


PATCHES = _load()
