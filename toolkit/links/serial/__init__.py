"""The serial link: packets over a serial port, the host's device and the RTL on the chip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toolkit.compose import Accelerator
from toolkit.links.link import Link
from toolkit.links.serial.chip_side import SerialChipSide
from toolkit.links.serial.device import SerialDevice
from toolkit.links.serial.line import LineOptions
from toolkit.links.serial.protocol import constants
from toolkit.links.serial.rate import BAUD
from toolkit.runtime.simulated import stage_streams, stages_digest

__all__ = ["LINK", "LineOptions", "SerialDevice"]


class SerialLink(Link):
    """A board at a serial port."""

    scheme, address = "serial", "PORT"
    # A simulated board takes minutes for what a real one does in milliseconds.
    patient = LineOptions(reply_s=900.0, retries=2)

    def __init__(self, baud: int = BAUD) -> None:
        self.baud, self.chip = baud, SerialChipSide(baud)

    def at(self, baud: int | None) -> SerialLink:
        """Return the line at another rate; see :meth:`Link.at`."""
        return self if baud in (None, self.baud) else SerialLink(baud)

    def aboard(self, stages: Sequence[Accelerator]) -> dict[str, Any]:
        """Add the constants of the protocol; see :meth:`Link.aboard`."""
        found = super().aboard(stages)
        found["link"] |= constants() | {"baud": self.baud}
        return found

    def open(
        self, address: str, stages: Sequence[Accelerator], options: LineOptions | None = None
    ) -> SerialDevice:
        """Open the board at a serial port; see :meth:`SerialDevice.open`."""
        streams = [stage_streams(stage.design()) for stage in stages]
        options = options or LineOptions(self.baud)
        return SerialDevice.open(address, digest=stages_digest(stages), streams=streams, options=options)


LINK = SerialLink()
