"""Boards: part, resources, clock, power, each read from one TOML file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, Field, create_model, model_validator

from toolkit.core.artifact import Record, Text, load_table
from toolkit.core.errors import BadOption, UnknownName
from toolkit.core.quantities import Count, Positive
from toolkit.families import family
from toolkit.families.resources import Resources
from toolkit.families.toolchain import ChipToolchain

FOLDER = Path(__file__).parent
SIM = "sim"
"""The target without a board."""
_FIX = "Every constant states value, low, high, unit, source and verified."


class Constant(Record):
    """One constant of a board.

    Attributes:
        value, low, high: value and its bounds in ``unit``; low <= value <= high.
        source: document it was read in, or what it was derived from.
        verified: whether it was read in that source; False: taken from elsewhere or of unclear meaning.
    """

    value: Positive
    low: Positive
    high: Positive
    unit: Text
    source: Text
    verified: bool

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError("low <= value <= high")
        return self

    @property
    def citation(self) -> str:
        """The source, with the word "unverified" where it applies."""
        return self.source if self.verified else f"{self.source} (unverified)"


class Capacity(Record):
    """The resources of a part. ``bram18``: block RAMs of 18 Kb; ``dsp``: DSP slices or multipliers."""

    lut: Count
    ff: Count
    bram18: Count
    dsp: Count
    uram: Count = 0
    source: Text
    verified: bool

    @property
    def budget(self) -> Resources:
        """Resources that a design may use."""
        return Resources(self.lut, self.bram18, self.dsp)

    @property
    def amounts(self) -> dict[str, int]:
        """Number of each resource, by the fields of :class:`toolkit.families.resources.ResourceNames`."""
        return {"lut": self.lut, "ff": self.ff, "bram": self.bram18, "dsp": self.dsp}


class Board(Record):
    """One board.

    Attributes:
        title: name for users.
        part: the vendor's name of the chip.
        family: chip family, a folder of :mod:`toolkit.families`; its parts have equal energy per operation.
        link: connection to a host, a folder of :mod:`toolkit.links`; None: there is none.
        resources: resources of the part.
        clock_mhz: default clock of a design.
        power: constants by name. ``idle_w`` is the board's input power with a configured, clocked and idle
            design; without it no board energy is given. Others are for information only.
        table: table named after the family, for its toolchain; None: no bitstream can be built.
    """

    name: Text
    title: Text
    part: Text
    family: Text
    link: Text | None = None
    resources: Capacity
    clock_mhz: Constant
    power: dict[str, Constant] = Field(default_factory=dict)
    table: Any = None

    @property
    def idle_w(self) -> Constant | None:
        """Input power of the idle board in W; None if it was never measured."""
        return self.power.get("idle_w")

    @property
    def is_target(self) -> bool:
        """Whether a bitstream can be built, and a host can be connected."""
        return self.table is not None and self.link is not None

    @property
    def toolchain(self) -> ChipToolchain[Any]:
        """Tools that make the board's bitstreams.

        Raises:
            BadOption: the board is not a target.
        """
        found = family(self.family).toolchain
        if found is None or not self.is_target:
            known = ", ".join(name for name in targets() if name != SIM)
            raise BadOption(f"board {self.name}", expected=f"a target: {known}", found=self.part)
        return found


class _Family(BaseModel):
    """The key of a board's file that decides which others it may have."""

    family: Text


def names(folder: Path = FOLDER) -> list[str]:
    """Return the names of all boards, sorted."""
    return sorted(file.stem for file in folder.glob("*.toml"))


def board(name: str, folder: Path = FOLDER) -> Board:
    """Read a board's file.

    Raises:
        UnknownName: no such board or family; the nearest names are suggested.
        ArtifactError: the file is damaged, or a constant has no source; names file and key.
    """
    if name not in names(folder):
        raise UnknownName.among("board", name, names(folder))
    file = folder / f"{name}.toml"
    return load_table(_kind(load_table(_Family, file, "board file", _FIX).family), file, "board file", _FIX)


@cache
def _kind(of: str) -> type[Board]:
    """Return the class of boards of a family, whose toolchain defines the table named after the family."""
    toolchain = family(of).toolchain
    table = None if toolchain is None else toolchain.table | None
    return create_model("Board", __base__=Board, table=(table, Field(None, alias=of)))  # type: ignore[arg-type]


def targets(folder: Path = FOLDER) -> dict[str, str]:
    """Return the targets of a run with descriptions: simulation, and boards with toolchain and link."""
    found = {SIM: "the accelerators' RTL, simulated; no bitstream"}
    for one in (board(name, folder) for name in names(folder)):
        if one.is_target and (toolchain := family(one.family).toolchain) is not None:
            found[one.name] = f"a bitstream for the {one.title}, made by {toolchain.title}"
    return found
