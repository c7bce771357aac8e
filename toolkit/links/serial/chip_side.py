"""The part of the serial link on the chip: its RTL, its variables of the top module, its simulated board."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from toolkit import rtl
from toolkit.compose import Accelerator
from toolkit.compose.accelerator import OUTPUT
from toolkit.core.errors import BadOption
from toolkit.families.resources import Resources
from toolkit.families.toolchain import SystemClock
from toolkit.links.link import ChipSide, LineTimes, LinkTop
from toolkit.links.serial.protocol import PACKAGE, package
from toolkit.links.serial.rate import BAUD, TOLERANCE, baud_error, clocks_per_bit
from toolkit.links.serial.simulated import Faults, SerialBoard
from toolkit.links.serial.times import line_times
from toolkit.runtime.simulated import stages_digest
from toolkit.sim import RtlDesign

BUFFERS = 4
"""Number of requests that can wait on the chip."""
IDLE_S = 0.05
"""Pause within a packet, in seconds, after which the chip discards it; USB causes shorter ones."""
PATIENCE = 16
"""Time limit of the watchdog, as a multiple of the estimated cycles of all layers one after the other."""
_RTL = Path(__file__).parent / "rtl"


def rtl_files(*names: str) -> tuple[Path, ...]:
    """Return the files of some of the link's blocks."""
    return tuple(_RTL / f"offramp_{name}.sv" for name in names)


class PacketChipSide(ChipSide):
    """The part on the chip of a link of packets, without what carries their bytes."""

    waiting = BUFFERS
    packets = (
        *rtl_files("crc32"),
        rtl.block("ram"),
        *rtl_files("packet_receiver", "packet_sender"),
        *(rtl.block(name) for name in ("argmax", "player")),
        *rtl_files("link_requests", "link_reply", "link_counters", "link_result", "link_run"),
        *rtl_files("link_executor", "link"),
    )
    templates = (Path(__file__).parent,)
    slots = 32
    classifies = True

    @staticmethod
    def rest_cycles(parameters: Mapping[str, int]) -> int:
        """Return the cycles after which a simulation may pause: not before the board's own time limits."""
        return 2 * max(parameters["IDLE_CYCLES"], parameters["WATCHDOG_CYCLES"])

    @abc.abstractmethod
    def us_per_byte(self, mhz: float) -> float:
        """Return the microseconds that a byte takes in either direction, at a clock of ``mhz``."""

    def top(self, stages: Sequence[Accelerator], clock: SystemClock, slots: int | None) -> LinkTop:
        """See :class:`ChipSide`."""
        if slots is None or not 1 <= slots <= 256:
            raise BadOption("slots for feature maps", expected="1 to 256", found=slots)
        first, ports = stages[0].nodes[0].input, [stage.outputs[OUTPUT] for stage in stages]
        image_bytes = first.beats * (first.tdata_bits // 8)
        if image_bytes >= 1 << 16:
            raise BadOption("bytes of an image", expected="below 65536", found=image_bytes)
        parameters = {
            "IDLE_CYCLES": round(IDLE_S * clock.mhz * 1e6),
            "WATCHDOG_CYCLES": PATIENCE * max(sum(node.cycles for node in one.nodes) for one in stages),
        }
        variables = {
            "clock_khz": round(clock.mhz * 1000),
            "buffers": BUFFERS,
            "image_bytes": image_bytes,
            "digest": stages_digest(stages),
            "arrays": {
                "OUT_BYTES": [port.tdata_bits // 8 for port in ports],
                "OUT_BEATS": [port.beats for port in ports],
                "OUT_ELEMENT_BITS": [port.element_bits for port in ports],
                "OUT_LANES": [port.lanes for port in ports],
            },
        }
        return LinkTop(parameters, variables)

    def times(
        self, stages: Sequence[Accelerator], cycles: Sequence[int | None], mhz: float
    ) -> tuple[LineTimes, ...]:
        """See :class:`ChipSide`."""
        return line_times(stages, cycles, mhz, self.us_per_byte(mhz))


class SerialChipSide(PacketChipSide):
    """The part of the serial link on the chip."""

    takes = Resources(lut=1200, bram=2)  # by Yosys
    pins = {"serial_rx": "input", "serial_tx": "output"}  # noqa: RUF012
    blocks = (*rtl_files("uart_rx", "uart_tx", "serial_line"), *PacketChipSide.packets)
    generated = {PACKAGE: package()}  # noqa: RUF012
    folder = Path(__file__).parent
    medium = "serial line"

    def __init__(self, baud: int = BAUD) -> None:
        self.baud, self.rate = baud, f"{baud / 1e6:g} Mbaud"

    def works_at(self, mhz: Fraction) -> bool:
        """Whether a whole number of clock cycles per bit is close enough to the baud rate."""
        return baud_error(mhz, self.baud) <= TOLERANCE

    def us_per_byte(self, mhz: float) -> float:
        """Return the time of a byte with its start and stop bit; see :class:`PacketChipSide`."""
        return 10 / self.baud * 1e6

    def top(self, stages: Sequence[Accelerator], clock: SystemClock, slots: int | None) -> LinkTop:
        """See :class:`ChipSide`."""
        found = super().top(stages, clock, slots)
        rate = {"CLOCKS_PER_BIT": clocks_per_bit(clock.exact_mhz, self.baud)}
        return LinkTop({**rate, **found.parameters}, found.variables)

    def simulated(
        self,
        design: RtlDesign,
        parameters: Mapping[str, int],
        *,
        cache_dir: Path | None,
        reset_active_low: bool,
        quick: bool,
        clocks_per_bit: int | None = None,
        faults: Faults | None = None,
        **options: Any,
    ) -> SerialBoard:
        """See :class:`ChipSide`.

        Args:
            clocks_per_bit: clock cycles per bit, if the line is to be faster than the system's; RTL only.
            faults: faults of the line.
        """
        return SerialBoard(
            design.sources,
            design.top,
            clocks_per_bit=clocks_per_bit or parameters["CLOCKS_PER_BIT"],
            cache_dir=cache_dir,
            parameters={} if clocks_per_bit is None else {"CLOCKS_PER_BIT": clocks_per_bit},
            data_dir=design.data_dir,
            include_dirs=design.include_dirs,
            reset_active_low=reset_active_low,
            faults=faults,
            rest_cycles=self.rest_cycles(parameters),
            quick=quick,
            **options,
        )
