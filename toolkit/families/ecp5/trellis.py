"""Project Trellis' database of the ECP5: balls of packages, and the bits of a tile's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from toolkit.core.errors import ArtifactError
from toolkit.core.reading import read_json

Bits = tuple[str, ...]
"""Bits of a tile in the database's notation: ``F3B7`` is set, ``!F3B7`` cleared."""


def sites(database: Path, device: str, package: str) -> frozenset[str]:
    """Return the balls of a package that a design can use.

    Raises:
        ArtifactError: the database lacks the device or package.
    """
    packages = read_json(database / device / "iodb.json")["packages"]
    if package not in packages:
        raise ArtifactError(f"package of {device}", expected=f"one of {', '.join(packages)}", found=package)
    return frozenset(packages[package])


@dataclass(frozen=True)
class TileType:
    """The settings of one type of tile: arcs (switches), words and enums (choices), with their defaults."""

    arcs: dict[str, dict[str, Bits]] = field(default_factory=dict)
    words: dict[str, list[Bits]] = field(default_factory=dict)
    enums: dict[str, dict[str, Bits]] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)

    def word(self, name: str, value: str) -> Bits:
        """Return the bits of a word, whose value has the highest bit first."""
        groups = self.words[name]
        if len(value) != len(groups):
            raise ArtifactError(f"word {name}", expected=f"{len(groups)} bit", found=value)
        pairs = zip(groups, reversed(value), strict=True)
        return tuple(bit for group, digit in pairs for bit in (group if digit == "1" else _inverted(group)))


@lru_cache(maxsize=512)
def tile_type(database: Path, name: str) -> TileType:
    """Read the settings of a type of tile.

    Raises:
        ArtifactError: the database has no such type.
    """
    path = database / "tiledata" / name / "bits.db"
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise ArtifactError(
            f"{path} is missing", fix="Use ecppack and its database of one version."
        ) from None
    tile = TileType()
    for record in text.split("\n\n"):
        lines = [line.split() for line in record.splitlines() if line and not line.startswith("#")]
        if not lines or lines[0][0] == ".fixed_conn":
            continue
        (kind, setting, *default), *rest = lines
        if kind == ".mux":
            tile.arcs[setting] = {name: _bits(bits) for name, *bits in rest}
        elif kind == ".config_enum":
            tile.enums[setting] = {name: _bits(bits) for name, *bits in rest}
            if default:
                tile.defaults[setting] = default[0]
        elif kind == ".config":
            tile.words[setting] = [_bits(bits) for bits in rest]
            tile.defaults[setting] = default[0] if default else "0" * len(rest)
        else:
            raise ArtifactError(f"{path}", expected="records that are known", found=kind)
    return tile


def _bits(words: list[str]) -> Bits:
    return () if words == ["-"] else tuple(words)


def _inverted(bits: Bits) -> Bits:
    return tuple(bit[1:] if bit.startswith("!") else f"!{bit}" for bit in bits)
