"""A database in the form of Project X-Ray's, of a die with a handful of tiles."""

from __future__ import annotations

import json
from pathlib import Path

from toolkit.families.xc7.database import Database

PART = "xc7a1tcsg1-1"
SEGBITS = {
    "clbll_l": ["CLBLL_L.SLICEL_X0.ALUT.INIT[00] 32_15", "CLBLL_L.SLICEL_X0.ALUT.INIT[01] 33_33"],
    "int_l": [
        "INT_L.NORTH.SOUTH 04_03 !05_03",
        "INT_L.NORTH.WEST !04_03 05_03",
        "INT_L.EMPTY",
    ],
    "liob33": ["LIOB33.IOB_Y0.PULLTYPE.NONE 38_66 !39_65"],
    "bram_l": [
        *(
            f"BRAM_L.RAMB18_Y{half}.{port}_{width} "
            + " ".join(f"{'' if code >> i & 1 else '!'}27_{half * 100 + at + i}" for i in range(3))
            for half in (0, 1)
            for at, port in enumerate(("READ_WIDTH_A", "READ_WIDTH_B", "WRITE_WIDTH_A", "WRITE_WIDTH_B"))
            for at in [at * 4]
            for code, width in enumerate((1, 2, 4, 9, 18))
        ),
        *(
            f"BRAM_L.RAMB18_Y{half}.SDP_{way}_WIDTH_36 27_{half * 100 + at}"
            for half in (0, 1)
            for way, at in (("READ", 20), ("WRITE", 21))
        ),
        *(
            f"BRAM_L.RAMB36.BRAM36_{port}_1 27_{200 + i}"
            for i, port in enumerate(("READ_WIDTH_A", "READ_WIDTH_B", "WRITE_WIDTH_A", "WRITE_WIDTH_B"))
        ),
    ],
}
MEMORY = ["BRAM_L.RAMB18_Y0.INIT_00[000] 03_07", "BRAM_L.RAMB18_Y0.INIT_00[001] 03_40"]


def _tile(kind: str, base: int, offset: int, column: int, row: int, **more: object) -> dict[str, object]:
    bits = {"baseaddr": f"{base:#010x}", "frames": 42, "offset": offset, "words": 2, **more}
    found: dict[str, object] = {"CLB_IO_CLK": bits}
    if kind.startswith("BRAM"):
        found["BLOCK_RAM"] = {**bits, "baseaddr": f"{base | 0x00800000:#010x}"}
    return {"type": kind, "bits": found, "grid_x": column, "grid_y": row}


GRID = {
    "CLBLL_L_X2Y5": _tile("CLBLL_L", 0x00400100, 10, 1, 9),
    "INT_L_X0Y0": _tile("INT_L", 0x00400000, 4, 2, 9),
    "LIOB33_SING_X0Y0": _tile(
        "LIOB33_SING", 0x00400000, 50, 3, 9, alias={"sites": {}, "start_offset": 2, "type": "LIOB33"}
    ),
    "BRAM_L_X6Y0": _tile("BRAM_L", 0x00400300, 0, 19, 9),
    "NULL_X0Y0": {"type": "NULL", "bits": {}, "grid_x": 0, "grid_y": 0},
}


def write(folder: Path, required: str = "") -> Database:
    """Write the database into a folder and open it."""
    for name in (PART, "die", "mapping"):
        (folder / name).mkdir(parents=True)
    for kind, lines in SEGBITS.items():
        (folder / f"segbits_{kind}.db").write_text("\n".join(lines) + "\n")
    (folder / "segbits_bram_l.block_ram.db").write_text("\n".join(MEMORY) + "\n")
    (folder / "ppips_int_l.db").write_text("INT_L.BYP.VCC default\n")
    (folder / "die" / "tilegrid.json").write_text(json.dumps(GRID))
    (folder / "mapping" / "parts.yaml").write_text(
        f"xc7a9tcsg1-1:\n  device: other\n  package: csg1\n{PART}:\n  device: xc7a1t\n  package: csg1\n"
    )
    (folder / "mapping" / "devices.yaml").write_text('# devices\n"xc7a1t":\n  fabric: "die"\n')
    (folder / PART / "package_pins.csv").write_text(
        "pin,bank,site,tile,pin_function\nA1,35,IOB_X1Y81,RIOB33_X43Y81,IO\nB2,35,IOB_X1Y83,RIOB33_X43Y83,IO\n"
    )
    (folder / PART / "part.yaml").write_text("!<part>\n")
    if required:
        (folder / PART / "required_features.fasm").write_text(required)
    return Database.of(folder, PART)
