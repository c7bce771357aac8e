"""Compares two textual configurations of an ECP5, bit by bit.

One configuration has many texts: nextpnr writes settings at their defaults, calls a pattern of bits LVCMOS33
that ecpunpack calls LVTTL33, and writes the settings of several tiles at once. So both texts are converted to
bits by the rules of libtrellis (``ChipConfig::to_chip``): arcs, words, enums and single bits in this order,
then the defaults of all settings that were not named; then the settings of groups of tiles.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from toolkit.core.errors import ArtifactError, NothingCompared, VerificationMismatch
from toolkit.families.ecp5.trellis import TileType, tile_type
from toolkit.families.results import Compared

Setting = tuple[str, ...]
"""``("arc", sink, source)``, ``("word", name, value)``, ``("enum", name, value)`` or ``("unknown", bit)``."""
_ORDER = {kind: i for i, kind in enumerate(("arc", "word", "enum", "unknown"))}
_NO_CHOICE = "_NONE_"


@dataclass
class Configuration:
    """A textual configuration: device, settings of tiles and of groups of tiles, contents of block RAMs."""

    device: str = ""
    tiles: dict[str, list[Setting]] = field(default_factory=dict)
    groups: list[tuple[tuple[str, ...], list[Setting]]] = field(default_factory=list)
    memories: dict[int, list[int]] = field(default_factory=dict)


def read(path: Path) -> Configuration:
    """Read a configuration of nextpnr-ecp5 or ecpunpack.

    Raises:
        ArtifactError: the file is missing, or a record is of an unknown kind.
    """
    found = Configuration()
    try:
        records = path.read_text(encoding="utf-8").split("\n\n")
    except FileNotFoundError:
        raise ArtifactError(f"{path} is missing") from None
    for record in records:
        lines = [line.split() for line in record.splitlines() if line]
        if not lines:
            continue
        (kind, *names), *rest = lines
        if kind == ".tile":
            found.tiles.setdefault(names[0], []).extend(map(_setting, rest))
        elif kind == ".tile_group":
            found.groups.append((tuple(names), [*map(_setting, rest)]))
        elif kind == ".bram_init":
            found.memories[int(names[0])] = [int(word, 16) for line in rest for word in line]
        elif kind == ".device":
            found.device = names[0]
        elif kind not in (".comment", ".variant", ".sysconfig"):
            raise ArtifactError(f"configuration {path}", expected="records that are known", found=kind)
    return found


def compare(packed: Configuration, unpacked: Configuration, database: Path) -> Compared:
    """Compare the packed configuration with the one that ecpunpack reads from the bitstream.

    Raises:
        VerificationMismatch: they differ; the first tile or block RAM is named.
        NothingCompared: no bit is set in either.
        ArtifactError: the database lacks a setting.
    """
    fix = "Use ecppack, ecpunpack and nextpnr-ecp5 of one release."
    if packed.device != unpacked.device:
        raise VerificationMismatch(
            "device of the bitstream", expected=packed.device, found=unpacked.device, fix=fix
        )
    tiles = sorted({tile for one in (packed, unpacked) for tile in _tiles(one)})
    wanted, got = _bits(packed, tiles, database), _bits(unpacked, tiles, database)
    for tile in tiles:
        if wanted[tile] != got[tile]:
            lost, gained = sorted(wanted[tile] - got[tile]), sorted(got[tile] - wanted[tile])
            raise VerificationMismatch(
                f"the bitstream's tile {tile}",
                expected="the bits that were packed",
                found=f"{_few(lost)} missing, {_few(gained)} too many",
                fix=fix,
            )
    for number in sorted({*packed.memories, *unpacked.memories}):
        if packed.memories.get(number) != unpacked.memories.get(number):
            what = f"contents of the bitstream's block RAM {number}"
            raise VerificationMismatch(what, expected="those that were packed", found="others", fix=fix)
    compared = Compared(
        tiles=sum(1 for tile in tiles if wanted[tile]),
        bits=sum(map(len, wanted.values())),
        memory_words=sum(map(len, packed.memories.values())),
    )
    if not compared.bits:
        raise NothingCompared("the bitstream's configuration", expected="bits that are set", found="none")
    return compared


def _tiles(configuration: Configuration) -> set[str]:
    return {*configuration.tiles, *(tile for tiles, _ in configuration.groups for tile in tiles)}


def _bits(configuration: Configuration, tiles: Iterable[str], database: Path) -> dict[str, set[str]]:
    """Return the bits set in each of ``tiles``; tiles without settings have the defaults of their type."""
    found: dict[str, set[str]] = {tile: set() for tile in tiles}
    for tile, on in found.items():
        _apply(_type(database, tile), configuration.tiles.get(tile, []), on, tile)
    for group, settings in configuration.groups:
        left = set(settings)
        for tile in group:
            kind = _type(database, tile)
            known = [setting for setting in settings if _known(kind, setting)]
            _apply(kind, known, found[tile], tile, defaults=False)
            left.difference_update(known)
        if left:
            raise _unknown(" ".join(min(left)), f"tiles {group[0]} ...")
    return found


def _apply(
    kind: TileType, settings: list[Setting], on: set[str], tile: str, *, defaults: bool = True
) -> None:
    changes: list[str] = []
    for setting in sorted(settings, key=lambda one: _ORDER[one[0]]):  # stable: equal kinds keep their order
        if not _known(kind, setting):
            raise _unknown(" ".join(setting), f"tile {tile}")
        changes += _changes(kind, setting)
    if defaults:
        named = {setting[1] for setting in settings}
        for name, value in kind.defaults.items():
            if name not in named:
                changes += _changes(kind, ("word" if name in kind.words else "enum", name, value))
    for bit in changes:
        if bit.startswith("!"):
            on.discard(bit[1:])
        else:
            on.add(bit)


def _known(kind: TileType, setting: Setting) -> bool:
    what, name, *value = setting
    if what == "unknown":
        return True
    if what == "word":
        return name in kind.words
    known = (kind.arcs if what == "arc" else kind.enums).get(name)
    return known is not None and (value[0] in known or (what == "enum" and value[0] == _NO_CHOICE))


def _changes(kind: TileType, setting: Setting) -> tuple[str, ...]:
    what, name, *value = setting
    if what == "unknown":
        return (name,)
    if what == "word":
        return kind.word(name, value[0])
    return (kind.arcs if what == "arc" else kind.enums)[name].get(value[0], ())


def _setting(words: list[str]) -> Setting:
    kind = words[0].removesuffix(":")
    if kind not in _ORDER or len(words) != (2 if kind == "unknown" else 3):
        raise ArtifactError("configuration", expected="settings that are known", found=" ".join(words))
    return kind, *words[1:]


def _type(database: Path, tile: str) -> TileType:
    return tile_type(database, tile.rpartition(":")[2])


def _unknown(setting: str, where: str) -> ArtifactError:
    fix = "Use ecppack, ecpunpack and their database of one release."
    return ArtifactError(
        f"configuration of {where}", expected="settings of the database", found=setting, fix=fix
    )


def _few(bits: list[str]) -> str:
    return ", ".join(bits[:3]) + (f" and {len(bits) - 3} more" if len(bits) > 3 else "") if bits else "none"
