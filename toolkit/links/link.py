"""The interface of a link. All that Offramp knows about a way to talk to a chip is in the link's folder."""

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
from toolkit.core.errors import BadOption
from toolkit.core.quantities import Count, Cycles, Positive
from toolkit.families.block_design import BlockDesign
from toolkit.families.resources import Resources, block_rams
from toolkit.families.toolchain import SystemClock
from toolkit.runtime.device import Device
from toolkit.runtime.simulated import stage_streams
from toolkit.sim import RtlDesign


class LineTimes(Record):
    """Times of one exit: on the chip, and over the link at its full rate.

    Latencies are None if no frame left there in the netlist's simulation. Frames per second are for the case
    that every frame leaves there.
    """

    index: Count
    chip_cycles: Cycles | None
    chip_us: Positive | None
    wire_us: Positive | None
    link_frames_per_s: Positive
    chip_frames_per_s: Positive | None


@dataclass(frozen=True)
class LinkTop:
    """A link's contribution to the top module of a system.

    Attributes:
        parameters: parameters of the top module with their values; a simulation may change them.
        variables: further variables of the link's ``top.sv.j2``.
    """

    parameters: Mapping[str, int]
    variables: Mapping[str, Any]


class SimulatedBoard(AbstractContextManager["SimulatedBoard"]):
    """A simulated board; a host talks to it as to a real one.

    Attributes:
        port: address of the board, inside the ``with`` block.
    """

    port: str


class ChipSide(abc.ABC):
    """The part of a link that lies on the chip.

    Attributes:
        takes: resources it uses, without the buffers for images and feature maps.
        waiting: number of images that can wait on the chip.
        hosted: whether a processor on the chip is the host. It brings clock and reset, so the top module
            needs nothing of the board's table; otherwise it is the whole chip.
        beside: whether a processor on the chip is the host of a design that brings clock and reset itself. A
            reset button must not be there: it would leave an access of the processor without an answer.
        pins: its pins of the chip, with their directions.
        blocks: its RTL files, in compile order.
        generated: further RTL by file name, such as a package with the constants of its protocol.
        folder, template: folder and name of the template of the top module. If not hosted, it includes
            ``clock.sv.j2`` of the family (and ``processor.sv.j2``, if that is its host), and ``reset.sv.j2``,
            ``signals.sv.j2`` and ``stages.sv.j2`` of :mod:`toolkit.chip`.
        templates: folders of further templates that it includes.
        slots: default number of frames whose feature maps the chip holds; None: they go to the host.
        medium, rate: what carries the bits, and how fast, as the report's reader would say it.
        classifies: whether the chip itself answers with the class of the largest logit.
    """

    takes: ClassVar[Resources]
    waiting: ClassVar[int] = 0
    hosted: ClassVar[bool] = False
    beside: ClassVar[bool] = False
    pins: ClassVar[Mapping[str, Literal["input", "output"]]]
    blocks: ClassVar[tuple[Path, ...]]
    generated: ClassVar[Mapping[str, str]] = {}
    folder: ClassVar[Path]
    template: ClassVar[str] = "top.sv.j2"
    templates: ClassVar[tuple[Path, ...]] = ()
    slots: ClassVar[int | None]
    medium: ClassVar[str]
    rate: str
    classifies: ClassVar[bool] = False

    @property
    def outputs(self) -> tuple[str, ...]:
        """Ports of the link that the chip drives."""
        return tuple(port for port, direction in self.pins.items() if direction == "output")

    def with_buffers(self, image_bits: int, map_bits: Sequence[int]) -> Resources:
        """Estimate what everything around the stages takes.

        Args:
            image_bits: bits of an image.
            map_bits: bits of each feature map between two stages.
        """
        kept = (self.waiting * image_bits, *((self.slots or 0) * bits for bits in map_bits))
        return self.takes.plus(Resources(bram=sum(map(block_rams, kept))))

    @abc.abstractmethod
    def works_at(self, mhz: Fraction) -> bool:
        """Whether the link works at a clock of ``mhz``."""

    @abc.abstractmethod
    def top(self, stages: Sequence[Accelerator], clock: SystemClock, slots: int | None) -> LinkTop:
        """Return the link's contribution to the top module of a system.

        Raises:
            BadOption: slots are out of range, or the link cannot carry such large images or so many stages.
        """

    def describe(self, stages: Sequence[Accelerator], out: Path) -> tuple[str, ...]:
        """Write what the host must know into the system's folder; return the names of the files."""
        return ()

    def block_design(self, top: str, stages: Sequence[Accelerator]) -> BlockDesign:
        """Return the top module, and what the link has around it, in a block design of Vivado.

        Args:
            top: name of the top module.
            stages: stage accelerators, in order.

        Raises:
            BadOption: the link has none.
        """
        raise BadOption(f"block design around a {self.medium}", expected="DMAs", found="none")

    @abc.abstractmethod
    def times(
        self, stages: Sequence[Accelerator], cycles: Sequence[int | None], mhz: float
    ) -> tuple[LineTimes, ...]:
        """Compute latency and throughput of each exit.

        Args:
            stages: stage accelerators, in order.
            cycles: simulated clock cycles on the chip until the answer, per exit; None if not known.
            mhz: clock of the chip.
        """

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
        """Create a simulated board with this system on it; not for a hosted link.

        Args:
            design: RTL or netlist of the top module.
            parameters: parameters of :class:`LinkTop`.
            cache_dir: folder for compiled simulations; by default in Offramp's cache folder.
            reset_active_low: whether the pin ``reset`` is low while the button is pressed.
            quick: compile in half the time, to a simulation of half the speed.
            options: options of the link.
        """
        raise NotImplementedError


class Link(abc.ABC):
    """A way for a host to talk to a chip.

    Attributes:
        scheme: word in front of the colon of ``--device``.
        address: placeholder for the address behind the colon, for messages.
        chip: part of the link on the chip; None: Offramp builds no systems with this link.
        patient: options of :meth:`open` for a simulated board, which is a thousand times slower.
    """

    scheme: ClassVar[str]
    address: ClassVar[str]
    chip: ChipSide | None = None
    patient: ClassVar[Any] = None

    def at(self, baud: int | None) -> Link:
        """Return the link at another rate in bits per second, if it has one; None: its usual rate."""
        return self

    @property
    def usage(self) -> str:
        """Form of the value of ``--device``, such as ``serial:PORT``."""
        return f"{self.scheme}:{self.address}"

    def aboard(self, stages: Sequence[Accelerator]) -> dict[str, Any]:
        """Return what a package's own program must know of stages and link, JSON types.

        ``stages``: for each stage, stream by stream, the arguments of
        :class:`toolkit.package.offramp_board.streams.BoardStream`; ``link``: scheme, usage and constants.
        """
        streams = [stage_streams(stage.design()) for stage in stages]
        return {
            "stages": [
                {
                    name: {
                        "element_bits": stream.element_bits,
                        "signed": stream.signed,
                        "lanes": stream.lanes,
                        "beats": stream.beats,
                    }
                    for name, stream in vars(stage).items()
                    if stream is not None
                }
                for stage in streams
            ],
            "link": {"scheme": self.scheme, "usage": self.usage},
        }

    @abc.abstractmethod
    def open(self, address: str, stages: Sequence[Accelerator], options: Any = None) -> Device:
        """Open a device with these stage accelerators on it.

        Args:
            address: address of the device, as behind the colon of ``--device``.
            stages: stage accelerators that must be on it, in order.
            options: options of the link; None: defaults for a real board.

        Raises:
            ArtifactError: another design is on the device.
            DeviceError: the device cannot be reached.
            ToolMissing: a driver is not installed.
            UnsupportedVersion: the device speaks another version of the protocol.
        """
