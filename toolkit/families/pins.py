"""Roles of a board's pins, for toolchains that assign them to the ports of a whole chip's top module."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator

from toolkit.core.artifact import Record
from toolkit.families.toolchain import BoardTable

Level = Literal["high", "low"]
IoType = TypeVar("IoType")
"""Names of a family's I/O standards."""


class PackagePin(Record, Generic[IoType]):
    """A pin: ball or number, I/O standard, pull resistor, drive strength in mA (None: default)."""

    site: Annotated[str, Field(pattern=r"^[A-Z]{0,2}[0-9]{1,3}$")]
    io_type: IoType
    pull: Literal["up", "down", "none"] = "none"
    drive: Literal[4, 8, 12, 16] | None = None


class ClockPin(PackagePin[IoType], Generic[IoType]):
    """The pin of the oscillator, with its frequency in MHz.

    ``pll``: whether the design's clock is made from it; if not, it is the design's clock.
    """

    mhz: Annotated[float, Field(gt=0)]
    pll: bool = True


class ResetPin(PackagePin[IoType], Generic[IoType]):
    """The pin of a reset button, with its level while it is pressed."""

    active: Level


class PinTable(BoardTable, Generic[IoType]):
    """The pins of a board by role.

    Attributes:
        pins: pins of the link by port of the top module, as seen from the FPGA: it receives on ``serial_rx``.
            None, if its host is a processor on the chip.
        clock, reset: pins of the oscillator and of the reset button.
        led: pins of lights, from bit 0 of the state on; of fewer than eight, the last shows the heartbeat.
        rgb: pins of one light with the colours red, green, blue.
        lights: level at which ``led`` and ``rgb`` shine.
        high: pins that are driven to 1.
    """

    clock: ClockPin[IoType]
    pins: dict[str, PackagePin[IoType]] = Field(default_factory=dict)
    reset: ResetPin[IoType] | None = None
    led: tuple[PackagePin[IoType], ...] = ()
    rgb: tuple[PackagePin[IoType], PackagePin[IoType], PackagePin[IoType]] | None = None
    lights: Level = "high"
    high: tuple[PackagePin[IoType], ...] = ()

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
    def ports(self) -> dict[str, tuple[PackagePin[IoType], ...]]:
        """Pins of each port of the top module, bit 0 first."""
        single = {"clk": self.clock, "reset": self.reset, **self.pins}
        lists = {"led": self.led, "rgb": self.rgb, "high": self.high}
        found = {port: (pin,) for port, pin in single.items() if pin is not None}
        return {**found, **{port: pins for port, pins in lists.items() if pins}}

    @property
    def oscillator_mhz(self) -> float:
        """Frequency of the oscillator in MHz."""
        return self.clock.mhz

    @property
    def direct(self) -> bool:
        """Whether the oscillator itself is the design's clock."""
        return not self.clock.pll

    @property
    def lights_active(self) -> Level:
        """Level at which the lights shine."""
        return self.lights

    @property
    def reset_active(self) -> Level | None:
        """Level of the reset button while it is pressed; None without a button."""
        return None if self.reset is None else self.reset.active

    @property
    def widths(self) -> dict[str, int]:
        """Bits of each port of the top module."""
        return {port: len(pins) for port, pins in self.ports.items()}
