"""How wide the ports of block RAMs are: in a placed netlist, and in the bits of a bitstream.

A RAMB36E1 is two RAMB18E1 side by side, each with half of the width. Ports of 1 and of 9 bits need one more
bit, which Debian's nextpnr leaves out: every ninth bit reads 0 on the chip, while simulation and read-back
are clean.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.core.errors import ArtifactError, NothingCompared, VerificationMismatch
from toolkit.families.xc7.database import Bit, Database
from toolkit.families.xc7.fasm import FasmLine

PORTS = ("READ_WIDTH_A", "READ_WIDTH_B", "WRITE_WIDTH_A", "WRITE_WIDTH_B")
HALVES = ("RAMB18_Y0", "RAMB18_Y1")
_PLACE = re.compile(r"X(?P<x>\d+)Y(?P<y>\d+)/RAMB\d+_X0Y(?P<half>[01])\.\w+")
"""Where nextpnr says that a block RAM is: column and row of the grid, half of the tile."""
_WHOLE = {
    **{1: (1, True), 2: (1, False), 4: (2, False), 9: (4, True)},
    **{18: (9, False), 36: (18, False), 72: (36, False)},
}
"""Width of a RAMB36E1's port -> that of each half, and whether the whole needs its own bit."""


@dataclass(frozen=True)
class BlockRam:
    """A block RAM of a placed netlist.

    Attributes:
        cell: name of the cell.
        tile: tile it is placed in.
        halves: halves of the tile that it takes.
        widths: width of each of :data:`PORTS` in bits; 0: not used.
    """

    cell: str
    tile: str
    halves: tuple[str, ...]
    widths: Mapping[str, int]

    @property
    def settings(self) -> dict[str, bool]:
        """Features of the tile that decide the widths -> whether they must hold."""
        whole, found = len(self.halves) > 1, dict[str, bool]()
        for port, width in self.widths.items():
            half, own = _WHOLE.get(width, (0, False)) if whole else (width, False)
            if whole:
                found[f"RAMB36.BRAM36_{port}_1"] = own
            for name in self.halves if width else ():
                found |= _of_half(name, port, half)
        return found


def _of_half(name: str, port: str, width: int) -> dict[str, bool]:
    direction, letter = port.split("_")[0], port[-1]
    leads = letter == ("A" if direction == "READ" else "B")
    wide = {f"{name}.SDP_{direction}_WIDTH_36": width == 36} if leads else {}
    if width != 36:
        return {f"{name}.{port}_{width}": True, **wide}
    # In the lower half Vivado reads with A at 1, and B at 18.
    ports = "AB" if direction == "WRITE" else "B"
    return {**{f"{name}.{direction}_WIDTH_{one}_18": True for one in ports}, **wide}


def placed(netlist: Mapping[str, Any], database: Database) -> tuple[BlockRam, ...]:
    """Return the block RAMs of a netlist that nextpnr wrote after placement (JSON).

    Raises:
        ArtifactError: a block RAM has no place or an unknown width.
    """
    found = []
    for module in netlist["modules"].values():
        for name, cell in module["cells"].items():
            if (kind := cell["type"].partition("_")[0]) not in ("RAMB18E1", "RAMB36E1"):
                continue
            place = _PLACE.fullmatch(cell["attributes"].get("NEXTPNR_BEL", ""))
            tile = place and database.tile_at(int(place["x"]), int(place["y"]))
            halves = HALVES if kind == "RAMB36E1" or place is None else (f"RAMB18_Y{place['half']}",)
            widths = {port: _number(cell["parameters"].get(port, 0)) for port in PORTS}
            known = {0, *_WHOLE} - ({72} if kind == "RAMB18E1" else set())
            if tile is None or not set(widths.values()) <= known:
                expected = "a place, and widths that there are"
                raise ArtifactError(f"block RAM {name}", expected=expected, found=widths)
            found.append(BlockRam(name, tile, halves, widths))
    return tuple(found)


def _number(value: int | str) -> int:
    return int(value, 2) if isinstance(value, str) else value


def left_out(rams: Collection[BlockRam]) -> tuple[FasmLine, ...]:
    """Return the settings of block RAMs that nextpnr does not write."""
    return tuple(
        FasmLine(ram.tile, name, (0,))
        for ram in rams
        for name, holds in ram.settings.items()
        if holds and name.startswith("RAMB36.")
    )


def wanted_bits(rams: Collection[BlockRam], database: Database) -> list[dict[str, Any]]:
    """Return, per setting that decides a width, its cell, name, whether it must hold, and its bits (JSON)."""
    found = []
    for ram in rams:
        tile = database.tile(ram.tile)
        for name, holds in ram.settings.items():
            bits = [
                [*tile.at(kind, place), place.on]
                for kind, table in database.settings(tile.kind).bits.items()
                for place in table.get((name, 0), ())
            ]
            if not bits:
                raise ArtifactError(f"settings of {tile.kind}", expected=name, found="none of this name")
            found.append({"cell": ram.cell, "setting": f"{ram.tile}.{name}", "holds": holds, "bits": bits})
    return found


def require_widths(wanted: Collection[Mapping[str, Any]], bits: Collection[Bit], rams: int) -> None:
    """Check that the bits of a bitstream make every block RAM as wide as its cell.

    Args:
        wanted: result of :func:`wanted_bits`.
        bits: bits that are set.
        rams: number of block RAMs in the netlist.

    Raises:
        VerificationMismatch: one has another width.
        NothingCompared: there are block RAMs, but nothing to compare.
    """
    if rams and not wanted:
        raise NothingCompared("widths of block RAMs", expected=f"those of {rams}", found="none")
    for one in wanted:
        holds = all((Bit(*place) in bits) == on for *place, on in one["bits"])
        if holds != one["holds"]:
            said = {True: "set", False: "not set"}
            raise VerificationMismatch(
                f"width of block RAM {one['cell']} in the bitstream",
                expected=f"{one['setting']} {said[one['holds']]}",
                found=said[holds],
            )
