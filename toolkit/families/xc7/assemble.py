"""Assembles the frames of a bitstream from nextpnr's FASM; runs as a program, as its neighbours do."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from toolkit.core.artifact import write_bytes, write_json
from toolkit.core.errors import OfframpError
from toolkit.core.reading import read_json
from toolkit.core.tools import Tool
from toolkit.families.xc7 import block_ram, plan
from toolkit.families.xc7.database import Database
from toolkit.families.xc7.fasm import FrameBits, assemble

_ROOT = Path(__file__).parents[3]
_OWN = ("assemble.py", "block_ram.py", "database.py", "fasm.py")


def assembler() -> Tool:
    """Return this program; its version is the digest of its sources."""
    sources = b"".join((Path(__file__).parent / name).read_bytes() for name in _OWN)
    start = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from {__name__} import main; main()"
    return Tool("assembler", (sys.executable, "-c", start), hashlib.sha256(sources).hexdigest()[:12])


def build(database: Database, folder: Path) -> FrameBits:
    """Assemble the design in a folder, and write what the check of its block RAMs needs.

    Raises:
        ArtifactError: a file is damaged, or the database does not fit it.
    """
    rams = block_ram.placed(read_json(folder / plan.PLACED), database)
    frames = assemble(database, (folder / plan.CONFIGURATION).read_text(encoding="utf-8"), plan.CONFIGURATION)
    for setting in block_ram.left_out(rams):
        frames.add(database, setting)
    write_bytes(folder / plan.FRAMES, frames.text().encode())
    wanted = block_ram.wanted_bits(rams, database)
    write_json(folder / plan.WIDTHS, {"rams": len(rams), "tiles": len(frames.tiles), "wanted": wanted})
    return frames


def main() -> None:
    """Assemble in the working folder; arguments: folder of the database's family, part."""
    try:
        database = Database.of(Path(sys.argv[1]), sys.argv[2])
        frames = build(database, Path())
    except OfframpError as error:
        sys.exit(f"ERROR: {error}")
    print(f"{len(frames.on):,} bits in {len(frames.tiles):,} tiles")
