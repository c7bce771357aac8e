"""One folder per link: how a host and the accelerators on a chip talk to each other.

A link is found by its folder, whose ``__init__`` holds its :class:`Link` as ``LINK``.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from toolkit.core.errors import BadOption, UnknownName
from toolkit.links.link import ChipSide, LineTimes, Link

__all__ = ["ChipSide", "LineTimes", "Link", "chip_side", "link", "names", "of_device"]


def names() -> list[str]:
    """All links known, sorted."""
    return sorted(module.name for module in iter_modules(__path__) if module.ispkg)


def link(name: str) -> Link:
    """The link of a name.

    Raises:
        UnknownName: there is none; the nearest names are suggested.
    """
    if name not in names():
        raise UnknownName.among("link", name, names())
    found: Link = import_module(f"{__name__}.{name}").LINK
    return found


def chip_side(name: str | None) -> ChipSide:
    """The part of a link that lies on the chip.

    Raises:
        UnknownName: no such link.
        BadOption: no link, or one that Offramp makes no systems with.
    """
    found = None if name is None else link(name).chip
    if found is None:
        possible = ", ".join(one for one in names() if link(one).chip is not None)
        raise BadOption("link of the board", expected=f"one of {possible}", found=name or "none")
    return found


def of_device(name: str) -> tuple[Link, str]:
    """The link of a device as ``--device`` names it (``SCHEME:ADDRESS``), and the address.

    Raises:
        BadOption: no link has that scheme; all are named.
    """
    known = [link(one) for one in names()]
    scheme, _, address = name.partition(":")
    for found in known:
        if found.scheme == scheme and address:
            return found, address
    expected = " or ".join(one.usage for one in known)
    raise BadOption("--device", expected=f"simulated, {expected}", found=name)
