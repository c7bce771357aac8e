"""The interfaces of toolchains, which plan the commands of a family's tools and read their results.

No method runs a tool: :mod:`toolkit.implement` runs, caches and checks the planned commands.
"""

from __future__ import annotations

import abc
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, ClassVar, Generic, Literal, Protocol, TypeVar

from pydantic import Field

from toolkit.core.artifact import Record, Text
from toolkit.core.process import Command
from toolkit.core.tools import Program, Tool
from toolkit.families.estimator import Estimator
from toolkit.families.results import Compared, Routed

DRIVEN = ("led", "rgb", "high")
"""Ports that every design drives if the board has pins for them."""


class SystemClock(Protocol):
    """A clock that a family makes from a board's oscillator."""

    @property
    def input_mhz(self) -> float:
        """Frequency of the oscillator."""

    @property
    def mhz(self) -> float:
        """Frequency of the clock."""

    @property
    def exact_mhz(self) -> Fraction:
        """Exact frequency of the clock."""


@dataclass(frozen=True)
class Oscillator:
    """A clock that is the board's oscillator itself."""

    mhz: float

    @property
    def input_mhz(self) -> float:
        """Frequency of the oscillator."""
        return self.mhz

    @property
    def exact_mhz(self) -> Fraction:
        """Frequency, if the oscillator is exact."""
        return Fraction(self.mhz)


class BoardTable(Record, abc.ABC):
    """The table of a board's file for one toolchain; toolchains add fields of their own.

    Attributes:
        link: connection to a host, a folder of :mod:`toolkit.links`.
        baud: rate of that link in bits per second; None: the link's usual one.
        load: command that loads a bitstream, without the file; None: unknown.
        source: document that the table was read in.
        verified: whether it was read in that source.
    """

    link: Text
    baud: Annotated[int, Field(gt=0)] | None = None
    load: Text | None = None
    source: Text
    verified: bool

    @property
    def lights_active(self) -> Literal["high", "low"]:
        """Level of the pins ``led`` and ``rgb`` at which the lights shine."""
        return "high"

    @property
    def direct(self) -> bool:
        """Whether the oscillator itself is the design's clock, and not what is made from it."""
        return False

    @property
    @abc.abstractmethod
    def oscillator_mhz(self) -> float:
        """Frequency of the board's oscillator."""

    @property
    def reset_active(self) -> Literal["high", "low"] | None:
        """Level of the reset button's pin while it is pressed; None: no such button."""
        return None

    @property
    def has_processor(self) -> bool:
        """Whether the part has a processor that a design made with these tools can be connected to."""
        return False

    @property
    def widths(self) -> Mapping[str, int]:
        """Bits of each port of the top module that the board has pins for."""
        return {}


class DesignSources(Protocol):
    """RTL to synthesise: folder with files in compile order and memory images, top module, digest."""

    @property
    def path(self) -> Path: ...
    @property
    def top(self) -> str: ...
    @property
    def sources(self) -> Sequence[str]: ...
    @property
    def data(self) -> Sequence[str]: ...
    @property
    def digest(self) -> str: ...


@dataclass(frozen=True)
class Files:
    """The names of a toolchain's result files."""

    netlist: str
    constraints: str
    configuration: str
    report: str
    bitstream: str


@dataclass(frozen=True)
class CellModels:
    """Models of the cells of a netlist: source files that precede the netlist, and include folders."""

    sources: tuple[Path, ...]
    include_dirs: tuple[Path, ...] = ()


T = TypeVar("T", bound=BoardTable)


class ChipToolchain(abc.ABC, Generic[T]):
    """Tools that make bitstreams for one family: what folding, clocks and boards need to know of them.

    Attributes:
        title: name in the description of a target, after "made by".
        section: name of the table in a board's file.
        table: class of that table.
        programs: programs that must be installed.
        packages: pip packages whose versions decide the bitstream.
        folder: folder with the family's templates.
        luts: number of look-up tables of a design that is placed and routed in minutes.
        margin: fraction of the look-up tables left free, since estimates may be too small by that much.
        estimator: estimates what these tools make of a layer; None: as the family does.
    """

    title: ClassVar[str]
    section: ClassVar[str]
    programs: ClassVar[tuple[Program, ...]]
    packages: ClassVar[tuple[str, ...]] = ()
    folder: ClassVar[Path]
    luts: ClassVar[int]
    margin: ClassVar[float]
    estimator: ClassVar[Estimator | None] = None
    table: type[T]

    @abc.abstractmethod
    def clocks(self, oscillator_mhz: float) -> tuple[SystemClock, ...]:
        """Return the clocks that can be made from an oscillator, slowest first."""

    @abc.abstractmethod
    def likely_mhz(self, luts: int) -> float:
        """Return a clock in MHz that a design of ``luts`` look-up tables is likely to reach."""

    def clock_models(self) -> tuple[Path, ...]:
        """Return models of the cells that RTL names, such as those of the clock generator."""
        return ()


class NetlistToolchain(ChipToolchain[T]):
    """Tools whose every step is a command of its own, and whose netlist can be simulated.

    Attributes:
        folder: also has ``clock.sv.j2``, the template that makes ``clk_sys`` and ``locked`` from ``clk``.
        placer: name of the tool that places and routes.
        remark: what to know of the clock that it reports; empty: nothing.
        files: names of result files.
    """

    placer: ClassVar[str]
    remark: ClassVar[str] = ""
    files: ClassVar[Files]

    @abc.abstractmethod
    def tools(self) -> tuple[Tool, ...]:
        """Return the tools whose versions decide the bitstream.

        Raises:
            ToolMissing: a tool is not installed.
        """

    @abc.abstractmethod
    def synthesis(self, design: DesignSources) -> Command:
        """Return the command that synthesises RTL to a netlist."""

    @abc.abstractmethod
    def latches(self, folder: Path) -> list[str]:
        """Return the latches that made a synthesis in ``folder`` fail."""

    @abc.abstractmethod
    def needs(self, folder: Path) -> dict[str, int]:
        """Return the resources of the netlist in ``folder``, by the fields of :class:`ResourceNames`.

        Raises:
            ArtifactError: the netlist is damaged or empty.
        """

    @abc.abstractmethod
    def constraints(self, board: str, table: T, folder: Path, top: str, outputs: Collection[str]) -> str:
        """Return the constraints that assign a board's pins to the ports of a netlist, one to one.

        Args:
            board: name of the board, for messages.
            table: pins of the board.
            folder: folder of the netlist.
            top: name of the top module.
            outputs: ports that the design drives; the others are inputs.

        Raises:
            PinMismatch: ports and pins do not match, or the package lacks a pin.
        """

    @abc.abstractmethod
    def place_and_route(self, table: T, constraints: str, mhz: float, seed: int) -> Command:
        """Return the command that places and routes a netlist; a missed clock is not a failure."""

    @abc.abstractmethod
    def no_room(self, log: str) -> str | None:
        """Return the message in the log of a failed place and route that the part is too small, or None."""

    @abc.abstractmethod
    def routed(self, folder: Path, log: str, mhz: float) -> Routed:
        """Read the report of place and route in ``folder``; ``mhz`` is the design's clock.

        Raises:
            ArtifactError: the report is damaged, or nothing runs at that clock.
        """

    @abc.abstractmethod
    def pack(self, table: T) -> tuple[Command, ...]:
        """Return the commands that convert a configuration to a bitstream and back again."""

    @abc.abstractmethod
    def compare(self, folder: Path) -> Compared:
        """Compare the packed configuration in ``folder`` with the unpacked one.

        Raises:
            VerificationMismatch: they differ.
            NothingCompared: there was nothing to compare.
        """

    def beside(self, table: T, bitstream: Path) -> Mapping[str, bytes]:
        """Return more files for the board, by name, made from a bitstream that has its final name."""
        return {}

    @abc.abstractmethod
    def verilog(self) -> Command:
        """Return the command that writes the placed netlist as Verilog for simulation."""

    @abc.abstractmethod
    def cell_models(self) -> CellModels:
        """Return the models of all cells of a netlist.

        Raises:
            ToolMissing: the models are not installed.
        """
