"""The ECP5 table of a board's file: the part and the roles of its pins."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from toolkit.core.artifact import Record, Text
from toolkit.families.toolchain import BoardTable

IoType = Literal[
    "LVCMOS33", "LVTTL33", "LVCMOS25", "LVCMOS18", "LVCMOS15", "LVCMOS12", "SSTL135_I", "SSTL15_I"
]
"""Single-ended standards of the ECP5. nextpnr does not refuse unknown names, so they are listed here."""

Device = Literal[
    "LFE5U-12F", "LFE5U-25F", "LFE5U-45F", "LFE5U-85F", "LFE5UM-25F", "LFE5UM-45F", "LFE5UM-85F",
    "LFE5UM5G-25F", "LFE5UM5G-45F", "LFE5UM5G-85F",
]  # fmt: skip


class PackagePin(Record):
    """A pin: ball of the package, I/O standard, pull resistor, drive strength in mA (None: default)."""

    site: Annotated[str, Field(pattern=r"^[A-Z]{1,2}[0-9]{1,2}$")]
    io_type: IoType
    pull: Literal["up", "down", "none"] = "none"
    drive: Literal[4, 8, 12, 16] | None = None


class ClockPin(PackagePin):
    """The pin of the oscillator, with its frequency in MHz."""

    mhz: Annotated[float, Field(gt=0)]


class ResetPin(PackagePin):
    """The pin of a reset button, with its level while it is pressed."""

    active: Literal["high", "low"]


class Ecp5Table(BoardTable):
    """The data about a board that Yosys, nextpnr-ecp5 and ecppack need.

    Attributes:
        device, package, speed: names of nextpnr.
        pack: options of ecppack.
        clock, reset, led, high: pins by role; ``led`` and ``high`` (driven to 1) from bit 0 on.
        link: pins of the link by port of the top module, as seen from the FPGA: it receives on ``serial_rx``.
    """

    device: Device
    package: Text
    speed: Literal[6, 7, 8]
    pack: tuple[str, ...] = ()
    clock: ClockPin
    link: dict[str, PackagePin]
    reset: ResetPin | None = None
    led: tuple[PackagePin, ...] = ()
    high: tuple[PackagePin, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        users: dict[str, str] = {}
        for port, pins in self.ports.items():
            for pin in pins:
                if pin.site in users:
                    raise ValueError(f"site {pin.site} once, not for {users[pin.site]} and {port}")
                users[pin.site] = port
        return self

    @property
    def ports(self) -> dict[str, tuple[PackagePin, ...]]:
        """Pins of each port of the top module, bit 0 first."""
        single = {"clk": self.clock, "reset": self.reset, **self.link}
        lists = {"led": self.led, "high": self.high}
        found = {port: (pin,) for port, pin in single.items() if pin is not None}
        return {**found, **{port: pins for port, pins in lists.items() if pins}}

    @property
    def oscillator_mhz(self) -> float:
        """Frequency of the oscillator in MHz."""
        return self.clock.mhz

    @property
    def reset_active(self) -> Literal["high", "low"] | None:
        """Level of the reset button while it is pressed; None without a button."""
        return None if self.reset is None else self.reset.active

    @property
    def widths(self) -> dict[str, int]:
        """Bits of each port of the top module."""
        return {port: len(pins) for port, pins in self.ports.items()}
