"""The interface of a toolchain: how the bitstreams of a family are made, as data and as readers of results.

Nothing here runs a tool: :mod:`toolkit.implement` runs what a toolchain plans, caches and checks it.
"""

from __future__ import annotations

import abc
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Generic, Literal, Protocol, TypeVar

from toolkit.core.artifact import Record, Text
from toolkit.core.process import Command
from toolkit.core.tools import Program, Tool
from toolkit.families.results import Compared, Routed

DRIVEN = ("led", "high")
"""Ports that every design drives if the board has pins for them, whatever its link."""


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
        """The same without rounding."""


class BoardTable(Record, abc.ABC):
    """The table of a board's file that is named after the family; each family adds fields of its own.

    Attributes:
        load: the command that loads a bitstream, without the file; None: not known.
        source: where the table was read.
        verified: it was read in that source.
    """

    load: Text | None = None
    source: Text
    verified: bool

    @property
    @abc.abstractmethod
    def oscillator_mhz(self) -> float:
        """Frequency of the board's oscillator."""

    @property
    @abc.abstractmethod
    def reset_active(self) -> Literal["high", "low"] | None:
        """Level of the reset button's pin while it is pressed; None: no such button."""

    @property
    @abc.abstractmethod
    def widths(self) -> Mapping[str, int]:
        """Bits of each port of the top module that the board has pins for."""


class DesignSources(Protocol):
    """RTL to synthesise: folder, top module, files in compile order and memory images in it, digest."""

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
    """Names of the files that a toolchain's runs leave for the next one and for the user."""

    netlist: str
    constraints: str
    configuration: str
    report: str
    bitstream: str


@dataclass(frozen=True)
class CellModels:
    """Models of the cells of a netlist: files before the netlist in compile order, folders of includes."""

    sources: tuple[Path, ...]
    include_dirs: tuple[Path, ...] = ()


T = TypeVar("T", bound=BoardTable)


class ChipToolchain(abc.ABC, Generic[T]):
    """The tools of one family.

    Attributes:
        title: in the description of a target, behind "made by".
        table: of a board's file.
        programs: that must be installed.
        packages: of pip, whose versions decide the bitstream.
        placer: the name of the tool that places and routes.
        files: names of results.
        folder: holds ``clock.sv.j2``, the template of the clock ``clk_sys`` with ``locked`` from ``clk``.
        luts: look-up tables of a design that is placed and routed in minutes.
        margin: part of the look-up tables left free: by so much a network's estimate may be too small.
    """

    title: ClassVar[str]
    programs: ClassVar[tuple[Program, ...]]
    packages: ClassVar[tuple[str, ...]]
    placer: ClassVar[str]
    files: ClassVar[Files]
    folder: ClassVar[Path]
    luts: ClassVar[int]
    margin: ClassVar[float]
    table: type[T]

    @abc.abstractmethod
    def tools(self) -> tuple[Tool, ...]:
        """The tools that decide what is in a bitstream.

        Raises:
            ToolMissing: one is not installed.
        """

    @abc.abstractmethod
    def clocks(self, oscillator_mhz: float) -> tuple[SystemClock, ...]:
        """Clocks that can be made from an oscillator, slowest first."""

    @abc.abstractmethod
    def likely_mhz(self, luts: int) -> float:
        """A clock that a design of so many look-up tables is likely to reach."""

    @abc.abstractmethod
    def synthesis(self, design: DesignSources) -> Command:
        """RTL to a netlist."""

    @abc.abstractmethod
    def latches(self, folder: Path) -> list[str]:
        """Latches that ended a synthesis in ``folder``."""

    @abc.abstractmethod
    def needs(self, folder: Path) -> dict[str, int]:
        """What the netlist in ``folder`` takes, by the fields of :class:`ResourceNames`.

        Raises:
            ArtifactError: the netlist is damaged or empty.
        """

    @abc.abstractmethod
    def constraints(self, board: str, table: T, folder: Path, top: str, outputs: Collection[str]) -> str:
        """Pins of a board for the ports of a netlist: every port has its pins, every pin its port.

        Args:
            board: its name, for messages.
            table: its pins.
            folder: of the netlist.
            top: the top module.
            outputs: ports that the design drives; it reads the others.

        Raises:
            PinMismatch: ports and pins that do not fit each other, or a pin that the package does not have.
        """

    @abc.abstractmethod
    def place_and_route(self, table: T, constraints: str, mhz: float, seed: int) -> Command:
        """Netlist to a configuration, with a report. A missed clock is no failure."""

    @abc.abstractmethod
    def no_room(self, log: str) -> str | None:
        """What the log of a failed place and route says about too small a part; None: nothing."""

    @abc.abstractmethod
    def routed(self, folder: Path, log: str, mhz: float) -> Routed:
        """Read the report of place and route in ``folder``; ``mhz``: the design's clock.

        Raises:
            ArtifactError: the report is damaged, or nothing runs at that clock.
        """

    @abc.abstractmethod
    def pack(self, table: T) -> tuple[Command, ...]:
        """Configuration to a bitstream, then back again."""

    @abc.abstractmethod
    def compare(self, folder: Path) -> Compared:
        """Compare what was packed in ``folder`` with what was unpacked there.

        Raises:
            VerificationMismatch: they differ.
            NothingCompared: there was nothing to compare.
        """

    @abc.abstractmethod
    def verilog(self) -> Command:
        """The netlist that is placed, as Verilog for simulation."""

    @abc.abstractmethod
    def clock_models(self) -> tuple[Path, ...]:
        """Models of the cells that the clock of the RTL is made of."""

    @abc.abstractmethod
    def cell_models(self) -> CellModels:
        """Models of all cells of a netlist.

        Raises:
            ToolMissing: they are not installed.
        """
