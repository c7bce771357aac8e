"""A block design of Vivado's IP Integrator as a value: cells, and what connects their pins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True)
class Cell:
    """An instance of an IP of Vivado's catalogue, by the IP's name without version, or of a module of ours.

    Attributes:
        name: name of the instance.
        ip: name of the IP, such as ``axi_dma``; empty: ``module``.
        module: name of the module in our RTL.
        settings: parameters of the IP without ``CONFIG.``; the others keep their defaults.
    """

    name: str
    ip: str = ""
    module: str = ""
    settings: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Registers:
    """An AXI4-Lite interface: its pin, its segment of addresses, and how many bytes it takes."""

    pin: str
    segment: str
    range: int


@dataclass(frozen=True)
class BlockDesign:
    """Cells and connections. Pins are named ``CELL/PIN``.

    Attributes:
        cells: instances.
        streams: pairs of AXI4-Stream interface pins, master first.
        registers: AXI4-Lite slaves for the processor.
        memory: AXI4 master that reaches the processor's memory -> its address space.
        clocks: pins that need the design's clock.
        resets: pins that need its reset, active low.
    """

    cells: tuple[Cell, ...] = ()
    streams: tuple[tuple[str, str], ...] = ()
    registers: tuple[Registers, ...] = ()
    memory: Mapping[str, str] = field(default_factory=dict)
    clocks: tuple[str, ...] = ()
    resets: tuple[str, ...] = ()

    def plus(self, other: Self) -> Self:
        """Return both side by side."""
        return type(self)(
            self.cells + other.cells,
            self.streams + other.streams,
            self.registers + other.registers,
            {**self.memory, **other.memory},
            self.clocks + other.clocks,
            self.resets + other.resets,
        )


@dataclass(frozen=True)
class ProcessingSystem:
    """The processor of a Zynq as an IP.

    Attributes:
        ip: name of the IP.
        settings: its parameters for a design with a clock of :data:`REFERENCE_MHZ`, registers and memory.
        clock, reset: pins of the clock and the reset (active low) that it gives.
        clocks: pins of the clocks of its two ports.
        control: port that reaches registers.
        memory: port through which its memory is reached.
        space: address space of ``control``.
        segment: segment of its memory behind ``memory``.
        base: address of the first register.
        external: interface pin -> type of the interface, of those that leave the chip.
    """

    ip: str
    settings: Mapping[str, str | int]
    clock: str
    reset: str
    clocks: tuple[str, ...]
    control: str
    memory: str
    space: str
    segment: str
    base: int
    external: Mapping[str, str]


REFERENCE_MHZ = 100
"""Clock that the processor gives, from which the design's is made."""
