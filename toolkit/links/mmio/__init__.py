"""The memory-mapped link: the serial link's packets, through memory of the chip's own processor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toolkit.compose import Accelerator
from toolkit.links.link import Link
from toolkit.links.mmio import registers
from toolkit.links.mmio.chip_side import MemoryChipSide
from toolkit.links.mmio.port import MemoryOptions
from toolkit.links.serial import SerialDevice, protocol
from toolkit.runtime.simulated import stage_streams, stages_digest

__all__ = ["LINK", "MemoryOptions"]


class MemoryLink(Link):
    """A design in the programmable logic of the chip whose processor runs the host program."""

    scheme, address = "mmio", "ADDRESS"
    chip = MemoryChipSide()
    # A simulated board takes minutes for what a real one does in milliseconds.
    patient = MemoryOptions(reply_s=900.0, retries=2)

    def aboard(self, stages: Sequence[Accelerator]) -> dict[str, Any]:
        """Add the constants of packets and registers; see :meth:`Link.aboard`."""
        found = super().aboard(stages)
        found["link"] |= protocol.constants() | {"memory": registers.constants()}
        return found

    def open(
        self, address: str, stages: Sequence[Accelerator], options: MemoryOptions | None = None
    ) -> SerialDevice:
        """Open the design at a physical address; see :meth:`SerialDevice.open`."""
        streams = [stage_streams(stage.design()) for stage in stages]
        digest, options = stages_digest(stages), options or MemoryOptions()
        return SerialDevice.open(address, digest=digest, streams=streams, options=options)


LINK = MemoryLink()
