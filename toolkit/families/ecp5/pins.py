"""The ECP5 table of a board's file: the part and the roles of its pins."""

from __future__ import annotations

from typing import Literal

from toolkit.core.artifact import Text
from toolkit.families.pins import PinTable

IoType = Literal[
    "LVCMOS33", "LVTTL33", "LVCMOS25", "LVCMOS18", "LVCMOS15", "LVCMOS12", "SSTL135_I", "SSTL15_I"
]
"""Single-ended standards of the ECP5. nextpnr does not refuse unknown names, so they are listed here."""

Device = Literal[
    "LFE5U-12F", "LFE5U-25F", "LFE5U-45F", "LFE5U-85F", "LFE5UM-25F", "LFE5UM-45F", "LFE5UM-85F",
    "LFE5UM5G-25F", "LFE5UM5G-45F", "LFE5UM5G-85F",
]  # fmt: skip


class Ecp5Table(PinTable[IoType]):
    """The data about a board that Yosys, nextpnr-ecp5 and ecppack need.

    Attributes:
        device, package, speed: names of nextpnr.
        pack: options of ecppack.
    """

    device: Device
    package: Text
    speed: Literal[6, 7, 8]
    pack: tuple[str, ...] = ()
