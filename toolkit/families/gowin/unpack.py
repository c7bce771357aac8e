"""Reads back what a bitstream sets, tile by tile; runs as a program, since Apicula is a package of an extra.

Apicula's gowin_unpack prints a netlist without the widths and contents of block RAMs, and hides what needs no
bit. So this reads the bits with its library and database, and writes what each of them means. Positions are
nextpnr's: column and row from 0.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolkit.core.artifact import write_json
from toolkit.core.tools import Tool
from toolkit.families.gowin import database, tools

_ROOT = Path(__file__).parents[3]
_OWN = ("database.py", "unpack.py")
Tile = list[list[int]]
Place = tuple[int, int]
"""Row and column of a tile, or of a bit in one."""

LUTS, REGISTERS = range(8), range(6)
RAM_TILES, MULTIPLIER_TILES = 3, 9
"""Tiles side by side that make a block RAM, and a pair of groups of multipliers."""
WORDS, WORD_BITS = 1024, 18
"""Shape of a block RAM's contents, two bits of a word being parity."""
_BIT_ROWS = 256
"""Rows of the file with the contents of one row of block RAMs."""


def unpacker() -> Tool:
    """Return this program; its version is that of Apicula with the digest of its sources.

    Raises:
        ToolMissing, UnsupportedVersion: see :func:`toolkit.families.gowin.tools.gowin_pack`.
    """
    sources = b"".join((Path(__file__).parent / name).read_bytes() for name in _OWN)
    start = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from {__name__} import main; main()"
    version = f"{tools.gowin_pack().version}-{hashlib.sha256(sources).hexdigest()[:12]}"
    return Tool("unpack", (sys.executable, "-c", start), version)


class Unpacked:
    """A bitstream as tiles of bits, beside the database of its die."""

    def __init__(self, chip: str, file: Path) -> None:
        from apycula import bslib, chipdb

        self.database = database.load(chip)
        bitmap, *_ = bslib.read_bitstream(str(file))
        self.tiles: dict[Place, Tile] = chipdb.tile_bitmap(self.database, bitmap, empty=True)
        self.contents: Tile = [list(map(int, row)) for row in bitmap[self.database.height :]]
        self.bits = sum(int(sum(row)) for row in bitmap)

    def settings(self) -> dict[str, Any]:
        """Return everything that is set, as JSON."""
        found: dict[str, Any] = {kind: {} for kind in ("muxes", "luts", "registers", "pins", "plls")}
        found |= {"memories": {}, "block_rams": {}, "contents": {}, "multipliers": {}}
        for (row, column), tile in self.tiles.items():
            at, about = f"X{column}Y{row}", self.database[row, column]
            found["muxes"][at] = dict(_muxes(tile, about))
            for name in about.bels:
                if name in _LUT_NAMES:
                    found["luts"][f"{at}/{name}"] = _init(tile, about.bels[name].flags)
                elif name in _REGISTER_NAMES:
                    found["registers"][f"{at}/{name}"] = self._register(row, column, int(name[3:]))
                elif name in ("IOBA", "IOBB"):
                    found["pins"][f"{at}/{name}"] = self._pin(row, column, name)
            if "RAM16" in about.bels:
                found["memories"][at] = all(
                    bool(tile[down][right]) for down, right in about.bels["RAM16"].mode_bits
                )
            if "BSRAM" in about.bels:
                found["block_rams"][at] = self._block_ram(row, column)
                found["contents"][at] = self._content(row, column)
            if any(name.startswith("DSP") and "AUX" not in name for name in about.bels):
                found["multipliers"][at] = self._multipliers(row, column)
            if pll := self._attributes(row, column, "PLL", "PLL"):
                found["plls"][at] = pll
        return {"bits": self.bits, **found}

    def _attributes(self, row: int, column: int, table: str, kind: str, long: bool = False) -> dict[str, Any]:
        """Return the attributes that a tile sets by a table of its kind, with values by name or number."""
        from apycula import attrids
        from apycula.gowin_unpack import parse_attrvals

        tables = (self.database.longval if long else self.database.shortval).get(
            self.database[row, column].ttyp, {}
        )
        if table not in tables:
            return {}
        prefix = {"SLICE": "cls", "IOB": "iob", "BSRAM": "bsram", "DSP": "dsp", "PLL": "pll"}[kind]
        names = getattr(attrids, f"{prefix}_attrids")
        logic = self.database.rev_logicinfo(kind)
        found = parse_attrvals(self.tiles[row, column], logic, tables[table], names, kind)
        if kind == "PLL":
            return dict(found)  # whose values are numbers
        values = _names(getattr(attrids, f"{prefix}_attrvals"))
        return {name: values.get(code, code) for name, code in found.items()}

    def _register(self, row: int, column: int, index: int) -> dict[str, Any]:
        return self._attributes(row, column, f"CLS{index // 2}", "SLICE")

    def _pin(self, row: int, column: int, name: str) -> dict[str, Any]:
        down, right = self.database[row, column].bels[name].fuse_cell_offset or (0, 0)
        return self._attributes(row + down, column + right, name, "IOB", long=True)

    def _block_ram(self, row: int, column: int) -> dict[str, dict[str, Any]]:
        """Return the attributes of a block RAM in each of its modes; its bits do not say which it is in.

        A value may need bits in all three tiles, and one alone can mean several: so they are taken together.
        """
        from apycula import attrids

        names, values = _names(attrids.bsram_attrids), _names(attrids.bsram_attrvals)
        logic = self.database.rev_logicinfo("BSRAM")
        found: dict[str, dict[str, Any]] = {}
        for mode in ("SP", "SDP", "DP"):
            bits: dict[str, dict[Any, set[tuple[int, int, int]]]] = {}
            for tile in range(column, column + RAM_TILES):
                table = self.database.shortval.get(self.database[row, tile].ttyp, {})
                for key, places in table.get(f"BSRAM_{mode}", {}).items():
                    (name, value), *others = (logic[code] for code in key if code)
                    if not others:
                        of = bits.setdefault(names[name], {}).setdefault(values.get(value, value), set())
                        of |= {(tile, down, right) for down, right in places}
            found[mode] = {
                name: value for name, of in bits.items() if (value := self._value(row, of)) is not None
            }
        return found

    def _value(self, row: int, bits: Mapping[Any, set[tuple[int, int, int]]]) -> Any:
        """Return the value whose bits are set in a row of tiles; None without any."""
        every = set().union(*bits.values())
        on = {at for at in every if self.tiles[row, at[0]][at[1]][at[2]]}
        if not on:
            return None
        return next((value for value, wanted in bits.items() if wanted == on), "none that is known")

    def _multipliers(self, row: int, column: int) -> list[dict[str, Any]]:
        """Return the attributes of both groups of multipliers."""
        groups = []
        for group in (0, 1):
            parts = [self._attributes(row, column + i, f"DSP{group}", "DSP") for i in range(MULTIPLIER_TILES)]
            groups.append({name: value for part in parts for name, value in part.items()})
        return groups

    def _content(self, row: int, column: int) -> list[int]:
        """Return the words of a block RAM; all are 0 in a file without contents."""
        top = sorted(self.database.simplio_rows).index(row) * _BIT_ROWS
        left = sum(self.database[0, i].width for i in range(column))
        rows = self.contents[top : top + _BIT_ROWS]
        if not rows:
            return [0] * WORDS
        # Where a bit lies, Apicula's authors found by experiment.
        places = self.database.rev_logicinfo("BSRAM_INIT")
        found = []
        for word in range(WORDS):
            quarter = {0: 0x00, 1: 0x80, 2: 0x40, 3: 0xC0}[word & 3]
            line = rows[_BIT_ROWS - 1 - quarter - (word >> 2 & 0x3F)]
            bank = word >> 8
            lit = [line[left + places[bit * 4 + bank][0] - 1] for bit in range(WORD_BITS)]
            found.append(sum(one << bit for bit, one in enumerate(lit)))
        return found


_LUT_NAMES = {f"LUT{i}" for i in LUTS}
_REGISTER_NAMES = {f"DFF{i}" for i in REGISTERS}


def _names(codes: Mapping[str, int]) -> dict[int, str]:
    return {code: name for name, code in codes.items()}


def _init(tile: Tile, flags: Mapping[int, Any]) -> int:
    """Return the contents of a look-up table: a bit in the file clears one."""
    return sum(
        1 << int(bit) for bit, places in flags.items() if not all(tile[row][column] for row, column in places)
    )


def _muxes(tile: Tile, about: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield every wire of a tile that has a choice of sources, with those that its bits may mean."""
    for table in (about.pips, about.clock_pips):
        for wire, sources in table.items():
            alone = about.alonenode.get(wire, ())
            places = {at for bits in (*sources.values(), *(bits for _, bits in alone)) for at in bits}
            on = {(row, column) for row, column in places if tile[row][column]}
            # Some bits are set by every source but a few.
            wanted = {
                source: {*bits, *(at for few, more in alone if source not in few for at in more)}
                for source, bits in sources.items()
            }
            yield wire, [source for source, bits in wanted.items() if bits == on]


def main() -> None:
    """Unpack a file in the working folder; arguments: die, bitstream, result."""
    chip, bitstream, result = sys.argv[1:]
    found = Unpacked(chip, Path(bitstream)).settings()
    write_json(Path(result), found)
    print(f"{found['bits']:,} bits")
