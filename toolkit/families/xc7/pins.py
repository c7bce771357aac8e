"""The table of a 7-series board for the open tools: the part and the roles of its pins."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from toolkit.families.pins import PinTable


class Xc7Table(PinTable[Literal["LVCMOS33"]]):
    """The data about a board that Yosys, nextpnr and Project X-Ray's tools need.

    Lower voltages have settings of their whole bank, which are not assembled: hence one standard.

    Attributes:
        device: part with package and speed, as nextpnr has it: ``xc7a35tcsg324-1``.
    """

    device: Annotated[str, Field(pattern=r"^xc7[a-z0-9]+-[0-9]L?$")]

    @property
    def has_processor(self) -> bool:
        """Whether the part is a Zynq, whose own Linux can load a bitstream."""
        return self.device.startswith("xc7z")
