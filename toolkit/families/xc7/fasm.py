"""FPGA assembly (FASM): reads the settings that nextpnr writes, and turns them into the bits of frames.

Each line sets one setting of one tile, ``TILE.SETTING`` or ``TILE.SETTING[7:0] = 8'b00000101``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from toolkit.core.errors import ArtifactError
from toolkit.families.xc7.database import Bit, Database

WORDS = 101
"""Words of 32 bits in a frame."""
_LINE = re.compile(
    r"(?P<tile>\w+)\.(?P<name>[\w.]+)(?:\[(?P<high>\d+)(?::(?P<low>\d+))?\])?"
    r"(?:\s*=\s*(?:\d+'(?P<base>[bhd]))?(?P<value>[0-9a-fA-F_]+))?"
)
_BASES = {"b": 2, "h": 16, "d": 10, None: 10}


@dataclass(frozen=True)
class FasmLine:
    """A line: tile, name of the setting, and the indices that are set; (0,) without any."""

    tile: str
    name: str
    indices: tuple[int, ...]


def read(text: str, what: str) -> Iterator[FasmLine]:
    """Yield the settings of a file that are not zero.

    Args:
        text: the file.
        what: name of the file in messages.

    Raises:
        ArtifactError: a line is no setting.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if not (line := line.partition("#")[0].strip()):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise ArtifactError(f"{what}, line {number}", expected="TILE.SETTING", found=line[:80])
        low = int(found["low"] or found["high"] or 0)
        value = 1 if found["value"] is None else int(found["value"].replace("_", ""), _BASES[found["base"]])
        bits = enumerate(reversed(f"{value:b}"))
        if indices := tuple(low + i for i, digit in bits if digit == "1"):
            yield FasmLine(found["tile"], found["name"], indices)


@dataclass
class FrameBits:
    """The bits of a bitstream that settings decide, each with the setting that did.

    Attributes:
        on, off: bits that are set, and those that must not be.
        tiles: tiles with settings.
    """

    on: dict[Bit, str] = field(default_factory=dict)
    off: dict[Bit, str] = field(default_factory=dict)
    tiles: set[str] = field(default_factory=set)

    def add(self, database: Database, setting: FasmLine) -> None:
        """Add the bits of a setting.

        Raises:
            ArtifactError: the database does not have it, or another setting contradicts it.
        """
        tile = database.tile(setting.tile)
        known = database.settings(tile.kind)
        self.tiles.add(setting.tile)
        for index in setting.indices:
            key, places = (setting.name, index), 0
            for kind, table in known.bits.items():
                if key in table:
                    places += 1
                    for place in table[key]:
                        self._set(tile.at(kind, place), place.on, f"{setting.tile}.{setting.name}")
            if not places and setting.name not in known.free:
                expected = f"a setting of {tile.kind}"
                raise ArtifactError(
                    f"configuration of {setting.tile}",
                    expected=expected,
                    found=f"{setting.name}[{index}]",
                    fix="Use nextpnr and Project X-Ray's database of one release.",
                )

    def _set(self, bit: Bit, on: bool, name: str) -> None:
        mine, other = (self.on, self.off) if on else (self.off, self.on)
        if bit in other:
            what = f"frame {bit.frame:#010x}, word {bit.word}, bit {bit.bit}"
            raise ArtifactError(what, expected=f"as {other[bit]} has it", found=f"the opposite by {name}")
        mine[bit] = name

    def text(self) -> str:
        """Return the frames as xc7frames2bit reads them."""
        frames: dict[int, list[int]] = defaultdict(lambda: [0] * WORDS)
        for bit in self.on:
            frames[bit.frame][bit.word] |= 1 << bit.bit
        return "".join(
            f"{frame:#010x} {','.join(f'{word:#010x}' for word in words)}\n"
            for frame, words in sorted(frames.items())
        )


def assemble(database: Database, text: str, what: str) -> FrameBits:
    """Return the frames of a file, with the settings that every bitstream of the part has.

    Raises:
        ArtifactError: the file is damaged, or does not fit the database.
    """
    frames = FrameBits()
    for setting in (*read(database.required(), "required settings"), *read(text, what)):
        frames.add(database, setting)
    return frames
