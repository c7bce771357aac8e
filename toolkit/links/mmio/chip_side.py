"""The part of the memory-mapped link on the chip: rings behind the port of a processor on the same chip."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from toolkit.families.resources import Resources
from toolkit.links.mmio.registers import PACKAGE, package
from toolkit.links.mmio.simulated import MemoryBoard
from toolkit.links.serial import protocol
from toolkit.links.serial.chip_side import PacketChipSide
from toolkit.sim import RtlDesign

CYCLES_PER_BYTE = 9
"""Of the check sum, which is the slowest on the way."""
_RTL = Path(__file__).parent / "rtl"


class MemoryChipSide(PacketChipSide):
    """The part of the memory-mapped link on the chip."""

    takes = Resources(lut=1400, bram=4)  # by Yosys: of 1,200 without the line's 29, with the port's 209
    beside = True
    pins = {}  # noqa: RUF012
    blocks = (
        *PacketChipSide.packets,
        *(_RTL / f"offramp_{name}.sv" for name in ("axi_words", "mailbox", "mmio_port")),
    )
    generated = {protocol.PACKAGE: protocol.package(), PACKAGE: package()}  # noqa: RUF012
    folder = Path(__file__).parent
    medium = "processor's memory"
    rate = f"{CYCLES_PER_BYTE} cycles a byte"

    def works_at(self, mhz: Fraction) -> bool:
        """Whether it works at a clock: at every one, which is the port's clock too."""
        return True

    def us_per_byte(self, mhz: float) -> float:
        """See :class:`PacketChipSide`; the processor's own time is not in it."""
        return CYCLES_PER_BYTE / mhz

    def simulated(
        self,
        design: RtlDesign,
        parameters: Mapping[str, int],
        *,
        cache_dir: Path | None,
        reset_active_low: bool,
        quick: bool,
        **options: Any,
    ) -> MemoryBoard:
        """See :class:`ChipSide`; it has no options."""
        return MemoryBoard(
            design,
            cache_dir=cache_dir,
            reset_active_low=reset_active_low,
            rest_cycles=self.rest_cycles(parameters),
            quick=quick,
            **options,
        )
