"""Bitstreams that come with the database, which Vivado made: our assembler gives their bits back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from toolkit.core.errors import ToolMissing
from toolkit.core.process import execute
from toolkit.families.xc7 import bits, plan, tools
from toolkit.families.xc7.database import Bit, Database, TileBit
from toolkit.families.xc7.fasm import FasmLine, FrameBits

EXAMPLES = {
    "arty-a7/uart": "xc7a35tcsg324-1",
    "arty-a7/swbut": "xc7a35tcsg324-1",
    "arty-a7/pmod": "xc7a35tcsg324-1",
    "basys3/swbut": "xc7a35tcpg236-1",
}
Settings = dict[tuple[int, int], list[tuple[tuple[str, int], tuple[TileBit, ...]]]]


def settings(database: Database, found: set[Bit]) -> Iterator[FasmLine]:
    """Yield every setting of every tile whose bits are as it has them, at least one of them set."""
    places = defaultdict[tuple[int, int], list[tuple[str, str]]](list)
    for name, one in database._grid.items():
        for block, where in one["bits"].items():
            for frame in range(where["frames"]):
                for word in range(where["words"]):
                    place = int(where["baseaddr"], 16) + frame, where["offset"] + word
                    places[place].append((name, block))

    @cache
    def by_bit(kind: str, block: str) -> Settings:
        table: Settings = defaultdict(list)
        for key, own in database.settings(kind).bits.get(block, {}).items():
            for first in [bit for bit in own if bit.on][:1]:
                table[first.frame, first.bit].append((key, own))
        return table

    for bit in found:
        for name, block in places[bit.frame, bit.word]:
            tile = database.tile(name)
            frame, word = tile.starts[block]
            local = bit.frame - frame, (bit.word - word) * 32 + bit.bit
            for (setting, index), own in by_bit(tile.kind, block).get(local, ()):
                if all((tile.at(block, one) in found) == one.on for one in own):
                    yield FasmLine(name, setting, (index,))


def again(database: Database, found: set[Bit]) -> set[Bit]:
    """Return the bits that our assembler makes of these settings."""
    frames = FrameBits()
    for line in settings(database, found):
        frames.add(database, line)
    return set(frames.on)


@pytest.mark.parametrize("example", EXAMPLES)
def test_vivados_bits_are_settings_and_come_back(example: str, tmp_path: Path) -> None:
    part = EXAMPLES[example]
    try:
        database, bitread = Database.of(tools.database(part), part), tools.bitread()
    except ToolMissing as missing:
        pytest.skip(f"in the container: {missing}")
    bitstream = database.folder / "harness" / example / "design.bit"
    (tmp_path / plan.BITSTREAM).write_bytes(bitstream.read_bytes())
    execute(plan.unpack(database.description, bitread), tmp_path)
    found = bits.unpacked((tmp_path / plan.UNPACKED).read_text())
    assert len(found) > 200
    assert again(database, found) == found
    shifted = {bit._replace(frame=bit.frame + 1) for bit in found}
    assert again(database, shifted) != shifted, "a frame further they mean nothing"
