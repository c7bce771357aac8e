"""Project X-Ray's database: where a tile's settings lie in the frames of a bitstream.

``segbits_TYPE.db`` has a line per setting with its bits, ``28_13`` set and ``!28_14`` cleared: frame and bit
within the tile. ``tilegrid.json`` says where in the frames each tile begins. ``ppips_TYPE.db`` lists switches
that are always closed and have no bits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from toolkit.core.errors import ArtifactError
from toolkit.core.paths import is_file
from toolkit.core.reading import read_csv, read_json

CONFIGURATION, MEMORY = "CLB_IO_CLK", "BLOCK_RAM"
"""The two kinds of frames: settings, contents of block RAMs."""
_FILES = {CONFIGURATION: "segbits_{}.db", MEMORY: "segbits_{}.block_ram.db"}
_INDEX = re.compile(r"(.*)\[(\d+)\]$")


class Bit(NamedTuple):
    """A bit of a bitstream: address of its frame, word in the frame, bit in the word."""

    frame: int
    word: int
    bit: int


class TileBit(NamedTuple):
    """A bit of a setting, within its tile: frame, bit, and whether the setting sets it."""

    frame: int
    bit: int
    on: bool


@dataclass(frozen=True)
class Features:
    """The settings of one type of tile.

    Attributes:
        bits: kind of frames -> setting without the tile, index (0 if it has none) -> bits.
        free: settings without bits.
    """

    bits: Mapping[str, Mapping[tuple[str, int], tuple[TileBit, ...]]]
    free: frozenset[str]


@dataclass(frozen=True)
class Tile:
    """A tile: type whose settings it has, and by kind of frames their first frame and first word."""

    kind: str
    starts: Mapping[str, tuple[int, int]]

    def at(self, kind: str, place: TileBit) -> Bit:
        """Return the bit of the bitstream for a bit of the tile."""
        frame, word = self.starts[kind]
        return Bit(frame + place.frame, word + place.bit // 32, place.bit % 32)


@dataclass
class Database:
    """The part of the database for one part.

    Attributes:
        folder: folder of the family.
        part: name of the part.
        fabric: name of the die.
    """

    folder: Path
    part: str
    fabric: str
    _memories: dict[tuple[int, int], str] = field(default_factory=dict)
    _settings: dict[str, Features] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, part: str) -> Database:
        """Open the database of a part.

        Raises:
            ArtifactError: it does not know the part.
        """
        device = _value(folder / "mapping" / "parts.yaml", part, "device")
        return cls(folder, part, _value(folder / "mapping" / "devices.yaml", device, "fabric"))

    @property
    def description(self) -> Path:
        """File that describes the part's frames, for Project X-Ray's programs."""
        return self.folder / self.part / "part.yaml"

    @cached_property
    def _grid(self) -> dict[str, Any]:
        return read_json(self.folder / self.fabric / "tilegrid.json")

    def required(self) -> str:
        """Return the settings that every bitstream of the part has, as FASM."""
        file = self.folder / self.part / "required_features.fasm"
        return file.read_text(encoding="utf-8") if is_file(file) else ""

    def sites(self) -> frozenset[str]:
        """Return the balls of the package that a design can use."""
        file = self.folder / self.part / "package_pins.csv"
        return frozenset(row["pin"] for row in read_csv(file, "pins of the package", ("pin",)))

    def tile(self, name: str) -> Tile:
        """Return a tile.

        Raises:
            ArtifactError: the die has none of this name.
        """
        if name not in self._grid:
            raise ArtifactError(f"tile of {self.fabric}", expected="one of its grid", found=name)
        found, kind, starts = self._grid[name], self._grid[name]["type"], {}
        for block, bits in found["bits"].items():
            alias = bits.get("alias")
            if alias is not None:  # a tile that is a part of one of another type
                kind = alias["type"]
            word = bits["offset"] - (0 if alias is None else alias["start_offset"])
            starts[block] = (int(bits["baseaddr"], 16), word)
        return Tile(kind, starts)

    def tile_at(self, column: int, row: int) -> str | None:
        """Return the name of the tile with block RAM at a place of the grid; None: there is none."""
        if not self._memories:
            rams = ((name, one) for name, one in self._grid.items() if MEMORY in one["bits"])
            self._memories = {(one["grid_x"], one["grid_y"]): name for name, one in rams}
        return self._memories.get((column, row))

    def settings(self, kind: str) -> Features:
        """Return the settings of a type of tile; none, if the database has no file of it."""
        if kind not in self._settings:
            files = {block: self.folder / name.format(kind.lower()) for block, name in _FILES.items()}
            bits = {block: _segbits(file, kind) for block, file in files.items() if is_file(file)}
            self._settings[kind] = Features(bits, _free(self.folder / f"ppips_{kind.lower()}.db", kind))
        return self._settings[kind]


def _segbits(file: Path, kind: str) -> dict[tuple[str, int], tuple[TileBit, ...]]:
    found = {}
    for line in file.read_text(encoding="ascii").splitlines():
        name, *words = line.split()
        name = name.removeprefix(f"{kind}.")
        indexed = _INDEX.fullmatch(name)
        key = (indexed[1], int(indexed[2])) if indexed else (name, 0)
        found[key] = tuple(map(_place, words))
    return found


def _place(word: str) -> TileBit:
    frame, _, bit = word.removeprefix("!").partition("_")
    return TileBit(int(frame), int(bit), not word.startswith("!"))


def _free(file: Path, kind: str) -> frozenset[str]:
    lines = file.read_text(encoding="ascii").splitlines() if is_file(file) else []
    return frozenset(line.split()[0].removeprefix(f"{kind}.") for line in lines if line.strip())


def _value(file: Path, key: str, name: str) -> str:
    """Return ``name`` of ``key`` in one of the database's two simple YAML files."""
    text = file.read_text(encoding="utf-8")
    section = re.search(rf'^"?{re.escape(key)}"?:\n((?:[ \t]+.*\n?)+)', text, re.MULTILINE)
    found = section and re.search(rf"^\s+{name}:\s*[\"']?([\w-]+)", section[1], re.MULTILINE)
    if not found:
        raise ArtifactError(f"database of Project X-Ray: {file}", expected=f"{name} of {key}", found="none")
    return found[1]
