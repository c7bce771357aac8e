"""What a target's bitstream came to: the result of the step "bitstream", and a part of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import ConfigDict, Field

from toolkit.boards import Board
from toolkit.core.artifact import Artifact, Record
from toolkit.core.quantities import Count, Cycles, Positive
from toolkit.families import of_part
from toolkit.families.resources import ResourceNames
from toolkit.families.results import CriticalPath, ResourceUse
from toolkit.implement.bitstream import Bitstream
from toolkit.links import LineTimes


class ReachedClock(Record):
    """In MHz: ``asked`` first, ``value`` the bitstream's, ``fmax`` what its slowest path allows."""

    asked: Positive
    value: Positive
    fmax: Positive
    met: bool


class NetlistCheck(Record):
    """The placed netlist in simulation, link and host program included, against golden.

    Attributes:
        frames: answered, each as golden.
        compared: integers found equal.
        exit_frames: frames that left at each exit.
        exit_cycles: cycles on the chip until the answer, per exit, the stages before included; None where no
            frame left. They are the same for every frame.
    """

    frames: Cycles
    compared: Cycles
    exit_frames: tuple[Count, ...]
    exit_cycles: tuple[Cycles | None, ...]


class Implementation(Artifact):
    """A bitstream, and how its netlist answered.

    Attributes:
        provenance, source: of clock and resources.
        load_command: the command that puts it on the board, None if it is not known.
        resources: by the tools' names.
        seeds: clock reached with each placement, in MHz.
        configuration_bits: found in the bitstream as they were packed.
        exits: times of each exit.
        digests: SHA-256 of what it was made from and of the bitstream.
    """

    model_config = ConfigDict(serialize_by_alias=True)  # "load" on disk; a method of every artifact here

    FILE: ClassVar[str] = "implementation.json"

    provenance: Literal["place and route"] = "place and route"
    source: str
    board: str
    part: str
    file: str
    load_command: str | None = Field(alias="load")
    clock_mhz: ReachedClock
    critical_path: CriticalPath
    resources: dict[str, ResourceUse]
    seeds: dict[str, Positive]
    check: NetlistCheck
    configuration_bits: Cycles
    exits: tuple[LineTimes, ...]
    digests: dict[str, str]

    @classmethod
    def of(
        cls, bitstream: Bitstream, board: Board, check: NetlistCheck, exits: tuple[LineTimes, ...]
    ) -> Self:
        """What is known about a bitstream whose netlist was checked."""
        load = board.table.load
        return cls(
            source=bitstream.provenance,
            board=board.name,
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
            configuration_bits=bitstream.compared.bits + bitstream.compared.memory_words,
            exits=exits,
            digests=dict(bitstream.digests),
        )

    @property
    def names(self) -> ResourceNames:
        """What the part's family calls its resources."""
        return of_part(self.part).names

    @property
    def use(self) -> Mapping[str, ResourceUse]:
        """``resources`` by the fields of :class:`ResourceNames`."""
        return {field: self.resources[name.key] for field, name in self.names._asdict().items()}

    @property
    def summary(self) -> str:
        """All of it in one line."""
        clock = self.clock_mhz
        missed = "" if clock.met else f"; warning: reaches only {clock.fmax:.1f} MHz"
        taken = ", ".join(f"{self.resources[name.key].used:,} {name.short}" for name in self.names)
        return (
            f"{self.file}: {clock.value:g} MHz (place and route: {clock.fmax:.1f}){missed}; {taken}; "
            f"its netlist answers {self.check.frames} frames as golden"
        )
