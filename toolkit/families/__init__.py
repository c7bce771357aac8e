"""One folder per chip family: estimates, clocks, synthesis, placement, packing, cell models.

Every folder is a family; its ``__init__`` defines the :class:`Family` as ``FAMILY``.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from toolkit.core.errors import UnknownName
from toolkit.families.family import Family

__all__ = ["Family", "family", "names", "of_part", "packages"]


def names() -> list[str]:
    """Return the names of all families, sorted."""
    return sorted(module.name for module in iter_modules(__path__) if module.ispkg)


def family(name: str) -> Family:
    """Return the family called ``name``.

    Raises:
        UnknownName: no such family; the nearest names are suggested.
    """
    if name not in names():
        raise UnknownName.among("chip family", name, names())
    found: Family = import_module(f"{__name__}.{name}").FAMILY
    return found


def packages() -> tuple[str, ...]:
    """Return the pip packages of all families' toolchains, whose versions decide bitstreams."""
    chains = [found.toolchain for found in map(family, names()) if found.toolchain is not None]
    return tuple(dict.fromkeys(package for chain in chains for package in chain.packages))


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
