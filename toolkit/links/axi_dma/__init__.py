"""The AXI DMA link: a Zynq that runs PYNQ, with DMAs between its memory and the stages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit.compose import Accelerator
from toolkit.core.errors import ArtifactError
from toolkit.links.axi_dma.chip_side import AxiDmaChipSide
from toolkit.links.axi_dma.device import PynqDevice
from toolkit.links.link import Link
from toolkit.runtime.simulated import stages_digest

__all__ = ["LINK"]


class AxiDmaLink(Link):
    """A Zynq with DMAs between its processor and the stages."""

    scheme, address = "pynq", "FILE.bit"
    chip = AxiDmaChipSide()

    def open(self, address: str, stages: Sequence[Accelerator], options: Any = None) -> PynqDevice:
        """Load the overlay of a bitstream's file; see :class:`PynqDevice`."""
        device, expected = PynqDevice(Path(address)), stages_digest(stages)
        if device.info.digest != expected:
            device.close()
            found = device.info.digest[:12]
            fix = "Make the bitstream from this run."
            raise ArtifactError(f"design in {device.info.name}", expected=expected[:12], found=found, fix=fix)
        return device


LINK = AxiDmaLink()
