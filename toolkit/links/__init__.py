"""One folder per link: how a host and the accelerators on a chip talk to each other.

A link is found by its folder, whose ``__init__`` holds its :class:`Link` as ``LINK``.
"""

from __future__ import annotations

from toolkit.core.errors import BadOption
from toolkit.core.plugins import member, members
from toolkit.links.link import ChipSide, LineTimes, Link

__all__ = ["ChipSide", "LineTimes", "Link", "chip_side", "link", "names", "of_device"]


def names() -> list[str]:
    """Return the names of all links, sorted."""
    return members(__name__)


def link(name: str) -> Link:
    """Return the link of this name.

    Raises:
        UnknownName: it does not exist; the nearest names are suggested.
    """
    found: Link = member(__name__, name, "LINK", "link")
    return found


def chip_side(name: str | None) -> ChipSide:
    """Return the part of a link that lies on the chip.

    Raises:
        UnknownName: the link does not exist.
        BadOption: ``name`` is None, or Offramp builds no systems with this link.
    """
    found = None if name is None else link(name).chip
    if found is None:
        possible = ", ".join(one for one in names() if link(one).chip is not None)
        raise BadOption("link of the board", expected=f"one of {possible}", found=name or "none")
    return found


def of_device(name: str) -> tuple[Link, str]:
    """Split the name of a device, ``SCHEME:ADDRESS`` as given to ``--device``, into its link and address.

    Raises:
        BadOption: no link has that scheme; the message lists all schemes.
    """
    known = [link(one) for one in names()]
    scheme, _, address = name.partition(":")
    for found in known:
        if found.scheme == scheme and address:
            return found, address
    expected = " or ".join(one.usage for one in known)
    raise BadOption("--device", expected=f"simulated, {expected}", found=name)
