"""What is known about a board: part, resources, clock, power. Adding a board is adding a file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, create_model, model_validator

from toolkit.core.artifact import Record, Text, load_table
from toolkit.core.errors import BadOption, UnknownName
from toolkit.families import family
from toolkit.families.resources import Resources
from toolkit.families.toolchain import ChipToolchain

FOLDER = Path(__file__).parent
SIM = "sim"
"""The target without a board."""
_FIX = "Every constant states value, low, high, unit, source and verified."

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]


class Constant(Record):
    """One number about a board.

    Attributes:
        value, low, high: in ``unit``; low <= value <= high.
        source: where it was read, or what it was derived from.
        verified: it was read in that source. False: taken from elsewhere or of unclear meaning.
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
    """What a part offers. ``bram18``: block RAMs of 18 Kb; ``dsp``: DSP slices or multipliers."""

    lut: Count
    ff: Count
    bram18: Count
    dsp: Count
    uram: Count = 0
    source: Text
    verified: bool

    @property
    def budget(self) -> Resources:
        """What a design may take of it."""
        return Resources(self.lut, self.bram18, self.dsp)

    @property
    def amounts(self) -> dict[str, int]:
        """The same with flip-flops, by the fields of :class:`toolkit.families.resources.ResourceNames`."""
        return {"lut": self.lut, "ff": self.ff, "bram": self.bram18, "dsp": self.dsp}


class Board(Record):
    """One board.

    Attributes:
        title: what it is, in words.
        part: of the chip on it, as the vendor names it.
        family: of the chip, a folder of :mod:`toolkit.families`; the parts of one are alike in energy.
        link: how a host talks to it, a folder of :mod:`toolkit.links`; None: no way is known.
        clock_mhz: what is asked of a design unless the user says otherwise.
        power: constants by name. ``idle_w`` is the board's input power with a configured, clocked and idle
            design; a board without it gets no board energy. Others are for reading only.
        table: the table named after the family, which its toolchain needs; None: no bitstream can be built.
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
        """Input power of the idle board, if it was ever measured."""
        return self.power.get("idle_w")

    @property
    def is_target(self) -> bool:
        """Whether a bitstream can be built for it that a host can talk to."""
        return self.table is not None and self.link is not None

    @property
    def toolchain(self) -> ChipToolchain[Any]:
        """The tools that make its bitstreams.

        Raises:
            BadOption: none do.
        """
        found = family(self.family).toolchain
        if found is None or not self.is_target:
            known = ", ".join(name for name in targets() if name != SIM)
            raise BadOption(f"board {self.name}", expected=f"a target: {known}", found=self.part)
        return found


class _Family(BaseModel):
    """The one key that decides which others a board's file may have."""

    family: Text


def names(folder: Path = FOLDER) -> list[str]:
    """All boards known, sorted."""
    return sorted(file.stem for file in folder.glob("*.toml"))


def board(name: str, folder: Path = FOLDER) -> Board:
    """Read a board's file.

    Raises:
        UnknownName: there is none, or its family is none; the nearest names are suggested.
        ArtifactError: it is damaged, or a constant has no source: names file and key.
    """
    if name not in names(folder):
        raise UnknownName.among("board", name, names(folder))
    file = folder / f"{name}.toml"
    return load_table(_kind(load_table(_Family, file, "board file", _FIX).family), file, "board file", _FIX)


@cache
def _kind(of: str) -> type[Board]:
    """A board of one family: its table is named after the family, and checked as its toolchain wants it."""
    toolchain = family(of).toolchain
    table = None if toolchain is None else toolchain.table | None
    return create_model("Board", __base__=Board, table=(table, Field(None, alias=of)))  # type: ignore[arg-type]


def targets(folder: Path = FOLDER) -> dict[str, str]:
    """Targets of a run, with what each gives: simulation, and every board with a toolchain and a link."""
    found = {SIM: "the accelerators' RTL, simulated; no bitstream"}
    for one in (board(name, folder) for name in names(folder)):
        if one.is_target and (toolchain := family(one.family).toolchain) is not None:
            found[one.name] = f"a bitstream for the {one.title}, made by {toolchain.title}"
    return found
