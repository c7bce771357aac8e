"""What is known about a board: part, resources, clock, power. Adding a board is adding a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from toolkit.core.artifact import Record, Text, load_table
from toolkit.core.errors import UnknownName
from toolkit.families.ecp5.pins import OpenFlow

FOLDER = Path(__file__).parent
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
    def says(self) -> str:
        """The source, with the word "unverified" where it applies."""
        return self.source if self.verified else f"{self.source} (unverified)"


class Resources(Record):
    """What a part offers. ``bram18``: block RAMs of 18 Kb; ``dsp``: DSP slices or multipliers."""

    lut: Count
    ff: Count
    bram18: Count
    dsp: Count
    uram: Count = 0
    source: Text
    verified: bool


class Board(Record):
    """One board.

    Attributes:
        family: parts that are alike in energy: ``xc7`` (28 nm), ``zynqmp`` (16 nm), ``ecp5`` (40 nm).
        clock_mhz: what is asked of a design unless the user says otherwise.
        power: constants by name. ``idle_w`` is the board's input power with a configured, clocked and idle
            design; a board without it gets no board energy. Others are for reading only.
        open_flow: part and pins for the open tools; None: no bitstream can be built with them.
    """

    name: Text
    part: Text
    family: Text
    resources: Resources
    clock_mhz: Constant
    power: dict[str, Constant] = Field(default_factory=dict)
    open_flow: OpenFlow | None = None

    @property
    def idle_w(self) -> Constant | None:
        """Input power of the idle board, if it was ever measured."""
        return self.power.get("idle_w")


def names(folder: Path = FOLDER) -> list[str]:
    """All boards known, sorted."""
    return sorted(file.stem for file in folder.glob("*.toml"))


def board(name: str, folder: Path = FOLDER) -> Board:
    """Read a board's file.

    Raises:
        UnknownName: there is none; the nearest names are suggested.
        ArtifactError: it is damaged, or a constant has no source: names file and key.
    """
    if name not in names(folder):
        raise UnknownName.among("board", name, names(folder))
    return load_table(Board, folder / f"{name}.toml", "board file", _FIX)
