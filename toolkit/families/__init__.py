"""One folder per chip family: estimates, clocks, synthesis, placement, packing, cell models.

A family is found by its folder, whose ``__init__`` holds its :class:`Family` as ``FAMILY``.
"""

from __future__ import annotations

from pathlib import Path

from toolkit.core.artifact import files_below, sha256_file, sha256_json
from toolkit.core.errors import UnknownName
from toolkit.core.plugins import member, members
from toolkit.families.family import Family

__all__ = ["Family", "family", "names", "of_part", "packages", "sources_digest"]


def names() -> list[str]:
    """All families known, sorted."""
    return members(__name__)


def family(name: str) -> Family:
    """The family of a name.

    Raises:
        UnknownName: there is none; the nearest names are suggested.
    """
    found: Family = member(__name__, name, "FAMILY", "chip family")
    return found


def packages() -> tuple[str, ...]:
    """Packages of pip whose versions decide a bitstream of any family."""
    chains = [found.toolchain for found in map(family, names()) if found.toolchain is not None]
    return tuple(dict.fromkeys(package for chain in chains for package in chain.packages))


def sources_digest() -> str:
    """Digest of the code of all families: estimates depend on it."""
    files = [file for folder in __path__ for _, file in files_below(Path(folder)) if file.suffix == ".py"]
    return sha256_json([sha256_file(file) for file in files])


def of_part(part: str) -> Family:
    """The family that covers a part.

    Raises:
        UnknownName: none does.
    """
    for name in names():
        if (found := family(name)).covers(part):
            return found
    known = [start for name in names() for start in family(name).parts]
    raise UnknownName.among("part", part, known)
