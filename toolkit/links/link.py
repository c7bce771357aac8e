"""The interface of a link: all that Offramp knows about a way to talk to a chip stands in its folder."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, Literal

from toolkit.compose import Accelerator
from toolkit.core.artifact import Record
from toolkit.core.quantities import Count, Cycles, Positive
from toolkit.families.resources import Resources
from toolkit.families.toolchain import SystemClock
from toolkit.runtime.device import Device
from toolkit.sim import RtlDesign


class LineTimes(Record):
    """Times of one exit: on the chip, and over the link at its full rate.

    None where no frame of the netlist's simulation left there. Frames per s: if every frame left there.
    """

    index: Count
    chip_cycles: Cycles | None
    chip_us: Positive | None
    wire_us: Positive | None
    link_frames_per_s: Positive
    chip_frames_per_s: Positive | None


@dataclass(frozen=True)
class LinkTop:
    """What a link puts into the top module.

    Attributes:
        parameters: of the top module, which a simulation may want to change, with their values.
        variables: further ones of the link's ``top.sv.j2``.
    """

    parameters: Mapping[str, int]
    variables: Mapping[str, Any]


class SimulatedBoard(AbstractContextManager["SimulatedBoard"], abc.ABC):
    """A board in simulation that a host talks to as if it were there.

    Attributes:
        port: address to open it at, inside the ``with`` block.
    """

    port: str

    @property
    @abc.abstractmethod
    def cycles(self) -> int:
        """Clock cycles simulated so far."""


class ChipSide(abc.ABC):
    """The part of a link that lies on the chip.

    Attributes:
        takes: what it takes of the chip, with the buffers for requests and feature maps.
        pins: its ports of the top module, with their directions.
        blocks: its RTL, in compile order.
        generated: further RTL by file name, such as a package with the constants of its protocol.
        folder: holds ``top.sv.j2``, the template of the top module. That includes ``clock.sv.j2`` of the
            family, and ``reset.sv.j2``, ``signals.sv.j2`` and ``stages.sv.j2`` of :mod:`toolkit.chip`.
        slots: frames whose feature maps are kept, unless told otherwise.
    """

    takes: ClassVar[Resources]
    pins: ClassVar[Mapping[str, Literal["input", "output"]]]
    blocks: ClassVar[tuple[Path, ...]]
    generated: ClassVar[Mapping[str, str]] = {}
    folder: ClassVar[Path]
    slots: ClassVar[int]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Its ports that the chip drives."""
        return tuple(port for port, direction in self.pins.items() if direction == "output")

    @abc.abstractmethod
    def works_at(self, mhz: Fraction) -> bool:
        """Whether it works at a clock."""

    @abc.abstractmethod
    def top(self, stages: Sequence[Accelerator], clock: SystemClock, slots: int) -> LinkTop:
        """What it puts into the top module of a system.

        Raises:
            BadOption: slots out of range, or images that it cannot carry.
        """

    @abc.abstractmethod
    def times(
        self, stages: Sequence[Accelerator], cycles: Sequence[int | None], mhz: float
    ) -> tuple[LineTimes, ...]:
        """Latency and pace of each exit.

        Args:
            stages: the accelerators.
            cycles: on the chip until the answer, per exit, simulated; None where it is not known.
            mhz: the chip's clock.
        """

    @abc.abstractmethod
    def simulated(
        self,
        design: RtlDesign,
        parameters: Mapping[str, int],
        *,
        cache_dir: Path | None,
        reset_active_low: bool,
        quick: bool,
        **options: Any,
    ) -> SimulatedBoard:
        """The board that has a system, in simulation.

        Args:
            design: RTL or netlist of the top module, without streams.
            parameters: those of :class:`LinkTop`.
            cache_dir: compiled simulations are kept there; by default in Offramp's cache folder.
            reset_active_low: level of the pin ``reset`` when the button is pressed.
            quick: compile in half the time to a simulation of half the speed.
            options: of the link.
        """


class Link(abc.ABC):
    """A way for a host to talk to a chip.

    Attributes:
        scheme: in front of the colon of ``--device``.
        address: what follows it, in words.
        chip: its part on the chip; None: Offramp makes no systems with it.
        patient: options of :meth:`open` for a board in simulation, some thousand times slower.
    """

    scheme: ClassVar[str]
    address: ClassVar[str]
    chip: ClassVar[ChipSide | None] = None
    patient: ClassVar[Any] = None

    @property
    def usage(self) -> str:
        """What ``--device`` takes, such as ``serial:PORT``."""
        return f"{self.scheme}:{self.address}"

    @abc.abstractmethod
    def open(self, address: str, stages: Sequence[Accelerator], options: Any = None) -> Device:
        """Open a device that has these stage accelerators.

        Args:
            address: of the device.
            stages: its accelerators, in order.
            options: of the link; None: those for a board.

        Raises:
            ArtifactError: another design is on it.
            DeviceError: it cannot be reached.
            ToolMissing: a driver is missing here.
            UnsupportedVersion: it speaks another version of the protocol.
        """
