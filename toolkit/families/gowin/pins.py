"""The table of a Gowin board: the part and the roles of its pins."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from toolkit.families.pins import PinTable

IoType = Literal["LVCMOS33", "LVCMOS25", "LVCMOS18", "LVCMOS15", "LVCMOS12"]
"""Single-ended standards of the GW2A. nextpnr does not refuse unknown names, so they are listed here."""


class GowinTable(PinTable[IoType]):
    """The data about a board that Yosys, nextpnr and Apicula need.

    Attributes:
        device: part with package and speed, as nextpnr has it: ``GW2AR-LV18QN88C8/I7``.
        chip: die, as Apicula's database has it: the part's name lacks its revision.
        pack: options of gowin_pack.
    """

    device: Annotated[str, Field(pattern=r"^GW2AR?-LV18[A-Z0-9]+C8/I7$")]
    chip: Literal["GW2A-18", "GW2A-18C"]
    pack: tuple[str, ...] = ()
