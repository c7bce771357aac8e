"""One folder per chip family: estimates, clocks, synthesis, placement, packing, cell models.

Every folder is a family; its ``__init__`` defines the :class:`Family` as ``FAMILY``.
"""

from __future__ import annotations

from typing import Any

from toolkit.core.errors import UnknownName
from toolkit.core.plugins import member, members
from toolkit.families.family import Family
from toolkit.families.toolchain import ChipToolchain

__all__ = ["Family", "family", "names", "of_part", "packages", "toolchains", "tools"]


def names() -> list[str]:
    """Return the names of all families, sorted."""
    return members(__name__)


def family(name: str) -> Family:
    """Return the family called ``name``.

    Raises:
        UnknownName: no such family; the nearest names are suggested.
    """
    found: Family = member(__name__, name, "FAMILY", "chip family")
    return found


def packages() -> tuple[str, ...]:
    """Return the pip packages of all families' toolchains, whose versions decide bitstreams."""
    return tuple(dict.fromkeys(package for chain in toolchains() for package in chain.packages))


def toolchains() -> tuple[ChipToolchain[Any], ...]:
    """Return the toolchains of all families."""
    return tuple(chain for name in names() for chain in family(name).toolchains.values())


def tools() -> tuple[str, ...]:
    """Return the names of all families' toolchains, sorted: the values of ``--tools``."""
    return tuple(sorted({tool for name in names() for tool in family(name).toolchains}))


def of_part(part: str) -> Family:
    """Return the family of a part.

    Raises:
        UnknownName: no family covers it.
    """
    for name in names():
        if (found := family(name)).covers(part):
            return found
    known = [start for name in names() for start in family(name).parts]
    raise UnknownName.among("part", part, known)
