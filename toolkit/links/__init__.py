"""One folder per link: how a host and the accelerators on a chip talk to each other.

A link is found by its folder, whose ``__init__`` holds its :class:`Link` as ``LINK``.
"""

from __future__ import annotations

from toolkit.boards import Board
from toolkit.core.errors import BadOption
from toolkit.core.plugins import member, members
from toolkit.links.link import ChipSide, LineTimes, Link

__all__ = ["ChipSide", "LineTimes", "Link", "chip_side", "link", "names", "of_board", "of_device"]


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


def of_board(board: Board) -> Link:
    """Return the link of a board, at the board's rate.

    Raises:
        UnknownName: the link does not exist.
        BadOption: the board is not a target.
    """
    return link(board.link).at(board.table.baud)


def chip_side(board: Board) -> ChipSide:
    """Return the part of a board's link that lies on the chip.

    Raises:
        UnknownName: the link does not exist.
        BadOption: the board is not a target, or Offramp builds no systems with its link.
    """
    found = of_board(board).chip
    if found is None:
        raise BadOption(f"link of {board.name}", expected="one with a part on the chip", found=board.link)
    return found


def of_device(name: str, board: Board | None = None) -> tuple[Link, str]:
    """Split the name of a device, ``SCHEME:ADDRESS`` as given to ``--device``, into its link and address.

    Args:
        name: name of the device.
        board: board that is there, whose rate the link has then; None: unknown.

    Raises:
        BadOption: no link has that scheme; the message lists all schemes.
    """
    known = [link(one) for one in names()]
    scheme, _, address = name.partition(":")
    for found in known:
        if found.scheme == scheme and address:
            own = None if board is None else of_board(board)
            return (own if own is not None and own.scheme == scheme else found), address
    expected = " or ".join(one.usage for one in known)
    raise BadOption("--device", expected=f"simulated, {expected}", found=name)
