"""The AXI DMA link: a Zynq that runs PYNQ, with DMAs between its memory and the stages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit.compose import Accelerator
from toolkit.core.errors import ArtifactError
from toolkit.links.axi_dma.chip_side import AxiDmaChipSide
from toolkit.links.axi_dma.device import PynqDevice
from toolkit.links.axi_dma.overlay import OverlayDescription
from toolkit.links.axi_dma.registers import DIGEST_WORDS, Register
from toolkit.links.link import Link
from toolkit.runtime.simulated import stages_digest

__all__ = ["LINK"]


class AxiDmaLink(Link):
    """A Zynq with DMAs between its processor and the stages."""

    scheme, address = "pynq", "FILE.bit"
    chip = AxiDmaChipSide()

    def aboard(self, stages: Sequence[Accelerator]) -> dict[str, Any]:
        """Add DMAs, and where the digest is read; see :meth:`Link.aboard`."""
        described, found = OverlayDescription.of(stages), super().aboard(stages)
        for stage, streams in zip(described.stages, found["stages"], strict=True):
            for name, stream in streams.items():
                stream["dma"] = getattr(stage, name).dma
        digest = [Register.DIGEST + 4 * word for word in range(DIGEST_WORDS)]
        found["link"] |= {"registers": described.cell, "digest": digest}
        return found

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
