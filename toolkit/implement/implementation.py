"""The result of step bitstream, which is also a part of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import ConfigDict, Field

from toolkit.boards import Board, board
from toolkit.core.artifact import Artifact, Record
from toolkit.core.quantities import Count, Cycles, Positive
from toolkit.families import of_part
from toolkit.families.resources import ResourceNames
from toolkit.families.results import CriticalPath, ResourceUse
from toolkit.implement.bitstream import Bitstream
from toolkit.implement.vivado.power import ChipPower
from toolkit.links import LineTimes, Link, of_board


class ReachedClock(Record):
    """Clocks in MHz: ``asked``, ``value`` of the bitstream, ``fmax`` that its slowest path allows."""

    asked: Positive
    value: Positive
    fmax: Positive
    met: bool


class NetlistCheck(Record):
    """The comparison of the simulated netlist, with link and host program, with golden.

    Attributes:
        frames: number of frames answered, each as golden.
        compared: number of integers found equal.
        exit_frames: number of frames that left at each exit.
        exit_cycles: cycles on the chip until the answer of each exit, earlier stages included, the same for
            every frame; None if no frame left there.
    """

    frames: Cycles
    compared: Cycles
    exit_frames: tuple[Count, ...]
    exit_cycles: tuple[Cycles | None, ...]


class Implementation(Artifact):
    """A bitstream and the check of its netlist.

    Attributes:
        provenance, source: origin of clock, resources and power.
        tools: name of the toolchain, as ``--tools`` takes it; None: the board's usual one.
        load_command: command that loads it to the board; None if not known.
        resources: name of the tools -> use.
        seeds: seed -> clock reached, in MHz.
        check: check of the netlist; None: it was not simulated.
        configuration_bits: number of configuration bits found equal after unpacking; None: none were.
        hold_violations: paths that are too short by the tool's model.
        power: power of the chip as the tool estimates it; None: it does not.
        dsp_primitives: whether products are another branch of FINN+'s RTL than the one that was verified.
        exits: times of each exit.
        digests: SHA-256 of the intermediate results and of the bitstream.
    """

    model_config = ConfigDict(serialize_by_alias=True)  # the key on disk is "load", which is a method here

    FILE: ClassVar[str] = "implementation.json"

    provenance: Literal["place and route", "Vivado"] = "place and route"
    source: str
    board: str
    tools: str | None = None
    part: str
    file: str
    load_command: str | None = Field(alias="load")
    clock_mhz: ReachedClock
    critical_path: CriticalPath
    resources: dict[str, ResourceUse]
    seeds: dict[str, Positive]
    check: NetlistCheck | None
    configuration_bits: Cycles | None
    hold_violations: Count = 0
    power: ChipPower | None = None
    dsp_primitives: bool = False
    exits: tuple[LineTimes, ...]
    digests: dict[str, str]

    @classmethod
    def of(
        cls,
        bitstream: Bitstream,
        board: Board,
        check: NetlistCheck | None,
        exits: tuple[LineTimes, ...],
        *,
        provenance: Literal["place and route", "Vivado"] = "place and route",
        power: ChipPower | None = None,
        dsp_primitives: bool = False,
    ) -> Self:
        """Combine a bitstream with the check of its netlist, the times of its exits and the chip's power."""
        load, compared = board.table.load, bitstream.compared
        return cls(
            provenance=provenance,
            source=bitstream.provenance,
            board=board.name,
            tools=board.tools,
            part=board.part,
            file=bitstream.file,
            load=load and f"{load} {bitstream.file}",
            clock_mhz=ReachedClock(
                asked=bitstream.asked_mhz,
                value=bitstream.mhz,
                fmax=bitstream.fmax_mhz,
                met=bitstream.met,
            ),
            critical_path=bitstream.routed.path,
            resources=dict(bitstream.routed.use),
            seeds=dict(bitstream.seeds),
            check=check,
            configuration_bits=None if compared is None else compared.bits + compared.memory_words,
            hold_violations=bitstream.routed.hold_violations,
            power=power,
            dsp_primitives=dsp_primitives,
            exits=exits,
            digests=dict(bitstream.digests),
        )

    @property
    def names(self) -> ResourceNames:
        """Names of the resources in the part's family."""
        return of_part(self.part).names

    @property
    def link(self) -> Link:
        """Link between the board and a host."""
        return of_board(board(self.board, tools=self.tools))

    @property
    def use(self) -> Mapping[str, ResourceUse]:
        """Use of the part, by the fields of :class:`ResourceNames`."""
        return {field: self.resources[name.key] for field, name in self.names._asdict().items()}

    @property
    def summary(self) -> str:
        """Summary in one line."""
        clock = self.clock_mhz
        missed = "" if clock.met else f"; warning: reaches only {clock.fmax:.1f} MHz"
        taken = ", ".join(f"{self.resources[name.key].used:,} {name.short}" for name in self.names)
        if self.hold_violations:
            missed += f"; warning: {self.hold_violations} paths may be too short (hold)"
        said = f"{self.file}: {clock.value:g} MHz ({self.provenance}: {clock.fmax:.1f}){missed}; {taken}"
        if self.check is not None:
            return f"{said}; its netlist answers {self.check.frames} frames as golden"
        unverified = "; its DSP primitives are not verified here" if self.dsp_primitives else ""
        return f"{said}; its netlist was not simulated{unverified}"
