"""Boards: part, resources, clock, power, each read from one TOML file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, Field, PrivateAttr, create_model, model_validator

from toolkit.core.artifact import Record, Text, parse
from toolkit.core.errors import ArtifactError, BadOption, UnknownName
from toolkit.core.quantities import Positive
from toolkit.core.reading import read_toml
from toolkit.families import family
from toolkit.families.estimator import Estimator
from toolkit.families.resources import Capacity
from toolkit.families.toolchain import BoardTable, ChipToolchain, NetlistToolchain

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


class Board(Record):
    """One board.

    Attributes:
        title: name for users.
        part: the vendor's name of the chip.
        family: chip family, a folder of :mod:`toolkit.families`; its parts have equal energy per operation.
        resources: resources of the part; those that the family states, if the file does not.
        clock_mhz: default clock of a design.
        power: constants by name. ``idle_w`` is the board's input power with a configured, clocked and idle
            design; without it no board energy is given. Others are for information only.
        tables: table of each toolchain of the family that the file has one for, by the toolchain's name.
    """

    name: Text
    title: Text
    part: Text
    family: Text
    resources: Capacity
    clock_mhz: Constant
    power: dict[str, Constant] = Field(default_factory=dict)
    _chosen: str | None = PrivateAttr(None)

    @model_validator(mode="before")
    @classmethod
    def _of_part(cls, value: Any) -> Any:
        """Take the part's resources from the family, where the file does not state them."""
        if not isinstance(value, dict) or "resources" in value:
            return value
        known = family(value["family"]).capacity(str(value.get("part")))
        return value if known is None else {**value, "resources": known}

    @property
    def tables(self) -> dict[str, BoardTable]:
        """Table of each toolchain that can build for the board, by its name; none: no bitstream."""
        known = ((name, getattr(self, _field(name), None)) for name in family(self.family).toolchains)
        return {name: table for name, table in known if table is not None}

    @property
    def tools(self) -> str | None:
        """Name of the toolchain that was chosen, else of the usual one; None: no bitstream can be built."""
        return self._chosen or next(iter(self.tables), None)

    @property
    def table(self) -> Any:
        """Table of that toolchain; None: no bitstream can be built."""
        return None if self.tools is None else self.tables[self.tools]

    @property
    def link(self) -> str:
        """Connection to a host with these tools, a folder of :mod:`toolkit.links`.

        Raises:
            BadOption: the board is not a target.
        """
        self._require()
        return str(self.table.link)

    @property
    def idle_w(self) -> Constant | None:
        """Input power of the idle board in W; None if it was never measured."""
        return self.power.get("idle_w")

    @property
    def is_target(self) -> bool:
        """Whether a bitstream can be built."""
        return self.table is not None

    @property
    def toolchain(self) -> ChipToolchain[Any]:
        """Tools that make the board's bitstreams.

        Raises:
            BadOption: the board is not a target.
        """
        self._require()
        return family(self.family).toolchains[str(self.tools)]

    @property
    def estimator(self) -> Estimator:
        """Says what layers take here: the tools, if they have figures of their own, else the family."""
        own = self.toolchain.estimator if self.is_target else None
        return own or family(self.family).estimator

    def _require(self) -> None:
        """Refuse a board that is not a target."""
        if not self.is_target:
            known = ", ".join(name for name in targets() if name != SIM)
            raise BadOption(f"board {self.name}", expected=f"a target: {known}", found=self.part)

    @property
    def netlist_toolchain(self) -> NetlistToolchain[Any]:
        """The same tools, if their netlist can be simulated.

        Raises:
            BadOption: the board is not a target, or its tools are others.
        """
        found = self.toolchain
        if not isinstance(found, NetlistToolchain):
            raise BadOption(f"tools of {self.name}", expected="some with a netlist", found=self.tools)
        return found


class _Family(BaseModel):
    """The key of a board's file that decides which others it may have."""

    family: Text


def names(folder: Path = FOLDER) -> list[str]:
    """Return the names of all boards, sorted."""
    return sorted(file.stem for file in folder.glob("*.toml"))


def board(name: str, folder: Path = FOLDER, *, tools: str | None = None) -> Board:
    """Read a board's file.

    Args:
        tools: name of the toolchain to build with; None: the usual one.

    Raises:
        UnknownName: no such board or family; the nearest names are suggested.
        BadOption: the board cannot be built for with these tools.
        ArtifactError: the file is damaged, or a constant has no source; names file and key.
    """
    if name not in names(folder):
        raise UnknownName.among("board", name, names(folder))
    values, what = _values(name, folder), f"board file {folder / f'{name}.toml'}"
    kind = _kind(parse(_Family, values, what, _FIX).family)
    found = parse(kind, values, what, _FIX)
    if found.name != name:  # such as that of the board it is like
        raise ArtifactError(f"{what}: name", expected=name, found=found.name)
    if tools is not None and tools not in found.tables:
        raise BadOption(f"--tools for {name}", expected=" or ".join(found.tables) or "none", found=tools)
    found._chosen = tools
    return found


def _values(name: str, folder: Path) -> dict[str, Any]:
    """Read a board's file, laid over that of the board it is ``like``."""
    own = read_toml(folder / f"{name}.toml")
    base = own.pop("like", None)
    if base is None:
        return own
    if base not in names(folder):
        raise UnknownName.among("board", str(base), names(folder))
    if "like" in (found := read_toml(folder / f"{base}.toml")):
        expected = "a board that is like no other"
        raise ArtifactError(f"board file {folder / name}.toml: like", expected=expected, found=base)
    return _laid_over(found, own)


def _laid_over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return tables merged key by key; lists and values of ``own`` take the place of those of ``base``.

    An empty table removes that of ``base``; one that ``base`` has not stays, as its name may be wrong.
    """
    merged = dict(base)
    for key, value in own.items():
        both = value != {} and isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = _laid_over(base[key], value) if both else value
    return {key: value for key, value in merged.items() if value != {} or key not in base}


@cache
def _kind(of: str) -> type[Board]:
    """Return the class of boards of a family, with a field for the table of each of its toolchains."""
    fields: dict[str, Any] = {
        _field(name): (chain.table | None, Field(None, alias=chain.section))
        for name, chain in family(of).toolchains.items()
    }
    return create_model("Board", __base__=Board, **fields)


def _field(tools: str) -> str:
    """Return the name of the field for the table of a toolchain."""
    return f"{tools}_table"


def targets(folder: Path = FOLDER) -> dict[str, str]:
    """Return the targets of a run with descriptions: simulation, and boards with toolchain and link."""
    found = {SIM: "the accelerators' RTL, simulated; no bitstream"}
    for one in (board(name, folder) for name in names(folder)):
        if one.is_target:
            titles = " or ".join(family(one.family).toolchains[name].title for name in one.tables)
            found[one.name] = f"a bitstream for the {one.title}, made by {titles}"
    return found
