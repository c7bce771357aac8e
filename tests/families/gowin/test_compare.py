"""The unpacked bitstream is compared with the routed netlist: every setting that differs is found."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from toolkit.core.errors import ArtifactError, NothingCompared, VerificationMismatch
from toolkit.families.gowin import plan
from toolkit.families.gowin.compare import compare, routed


def cell(kind: str, place: str, given: dict[str, str] | None = None, **attributes: str) -> dict[str, Any]:
    placed = {"NEXTPNR_BEL": place, **attributes}
    return {"type": kind, "parameters": given or {}, "attributes": placed, "connections": {}}


def _rows(bits: int, **rows: int) -> dict[str, str]:
    return {f"INIT_RAM_{name[1:]}": f"{value:0{16 * bits}b}" for name, value in rows.items()}


ZERO, WRITE = 1, 7
"""Numbers of the net that is always 0, and of a write enable."""
WIDTH = {"BIT_WIDTH_0": f"{4:032b}", "BIT_WIDTH_1": f"{18:032b}"}
CELLS = {
    "lut": cell("LUT2", "X1Y1/LUT3", {"INIT": "1000"}),
    "register": cell("DFFSE", "X1Y1/DFF3"),
    "plain": cell("DFF", "X1Y1/DFF0"),
    "ram": cell("RAM16SDP4", "X2Y1/RAM16SDP4", {f"INIT_{i}": f"{i + 1:016b}" for i in range(4)}),
    "input": cell("IBUF", "X0Y3/IOBA", **{"&PULL_MODE=UP": "1"}),
    "output": cell("OBUF", "X0Y4/IOBB", **{"&PULL_MODE=NONE": "1"}),
    "narrow": cell("MULT9X9", "X1Y9/MULT9X913"),
    "wide": cell("MULT18X18", "X1Y9/MULT18X1800"),
    "single": cell(
        "SP",
        "X4Y9/BSRAM",
        {
            **{"BIT_WIDTH": f"{9:032b}", "WRITE_MODE": f"{2:032b}", "READ_MODE": "0"},
            **_rows(18, R00=5, R01=1 << 18),
        },
        BSRAM_SUBTYPE="X9",
    ),
    "full": cell(
        "SP", "X13Y9/BSRAM", {"BIT_WIDTH": f"{32:032b}", "WRITE_MODE": f"{2:032b}"}, BSRAM_SUBTYPE=" "
    ),
    "dual": cell(
        "DP",
        "X7Y9/BSRAM",
        {**WIDTH, "WRITE_MODE0": "1", "WRITE_MODE1": "0", **_rows(16, R3F=0x8001 << 240)},
        BSRAM_SUBTYPE="  ",
    ),
    "two": cell(
        "SDP",
        "X10Y9/BSRAM",
        {"BIT_WIDTH_0": f"{36:032b}", "BIT_WIDTH_1": f"{1:032b}"},
        BSRAM_SUBTYPE="X9",
    ),
    "pll": cell("rPLL", "X20Y9/PLL", {"IDIV_SEL": "0", "FBDIV_SEL": "1", "ODIV_SEL": "10000"}),
    "zero": {"type": "GOWIN_GND", "parameters": {}, "attributes": {"NEXTPNR_BEL": "X0Y0/GND"}},
    "buffer": cell("BUFG", "X0Y9/BUFG0"),
    "mux": cell("MUX2_LUT5", "X1Y1/MUX0"),
}
CELLS["single"]["connections"] = {"WRE": [WRITE]}
CELLS["full"]["connections"] = {"WRE": [WRITE], "WREB": [WRITE]}
CELLS["dual"]["connections"] = {"WREA": [WRITE], "WREB": [ZERO]}
NETS = {
    "$PACKER_GND": {"bits": [ZERO], "attributes": {}},
    "a": {"attributes": {"ROUTING": "X1Y1/F3;;1;X1Y1/A0;X1Y1/A0/X01;1;X1Y1/XD0;X1Y1/XD0/F0;1"}},
    "b": {"attributes": {"ROUTING": "X1Y1/B0;X1Y1/B0/VCC;1"}},
    "none": {"attributes": {"ROUTING": "  "}},
}
NETLIST = {"modules": {"top": {"cells": CELLS, "netnames": NETS}}}


def _contents(**words: int) -> list[int]:
    return [words.get(f"w{word}", 0) for word in range(1024)]


UNPACKED = {
    "bits": 9,
    "muxes": {"X1Y1": {"A0": ["X01"], "B0": ["VCC", "VSS"]}},
    "luts": {"X1Y1/LUT3": 0x8888, **{f"X2Y1/LUT{i}": i + 1 for i in range(4)}},
    "registers": {
        "X1Y1/DFF3": {"LSRONMUX": "LSRMUX", "REG0_REGSET": "RESET"},
        "X1Y1/DFF0": {"REG0_REGSET": "RESET"},
    },
    "memories": {"X2Y1": True},
    "pins": {"X0Y3/IOBA": {"PADDI": "PADDI"}, "X0Y4/IOBB": {"ODMUX_1": "1", "PULLMODE": "NONE"}},
    "multipliers": {
        "X1Y9": [
            {
                name: "ENABLE"
                for half, letter in enumerate("LH")
                for name in (
                    *(f"IRBY_IREG0A{letter}_{half}", f"IRBY_IREG0B{letter}_{half + 2}", f"CINBY_{half}"),
                    *(f"{start}{letter}_{half}" for start in ("OREG0_BYP", "PPREG0_BYP", "OR2CIB_EN0")),
                )
            },
            {
                **{"M9MODE_EN": "ENABLE", "IRBY_IREG1AH_5": "ENABLE", "IRBY_IREG1BH_7": "ENABLE"},
                **{"CINBY_3": "ENABLE", "CINBY_4": "ENABLE"},
                **{"OREG1_BYPH_3": "ENABLE", "PPREG1_BYPH_3": "ENABLE", "OR2CIB_EN1H_3": "ENABLE"},
            },
        ]
    },
    "block_rams": {
        "X4Y9": {
            "SP": {"MODE": "ENABLE", "SPA_DATA_WIDTH": "9", "SPB_DATA_WIDTH": "9", "SPA_MODE": "RBW"},
            "SDP": {"MODE": "ENABLE"},
        },
        "X13Y9": {"SP": {"MODE": "ENABLE", "SPA_MODE": "RBW", "SPB_MODE": "RBW"}},
        "X7Y9": {"DP": {"MODE": "ENABLE", "DPA_DATA_WIDTH": "4", "DPA_MODE": "WT"}},
        "X10Y9": {"SDP": {"MODE": "ENABLE", "DBLWA": "X36", "SDPB_DATA_WIDTH": "1"}},
    },
    "contents": {
        "X4Y9": _contents(w0=5, w17=1),
        "X7Y9": _contents(w1023=0x10001),
        "X10Y9": _contents(),
        "X13Y9": _contents(),
    },
    "plls": {"X18Y9": {"ODIV": 16}, "X19Y9": {"IDIV": 1, "FDIV": 2}, "X1Y9": {"IDIV": 7}},
}


def written(folder: Path, unpacked: dict[str, Any], netlist: dict[str, Any] | None = None) -> Path:
    (folder / plan.CONFIGURATION).write_text(json.dumps(netlist or NETLIST))
    (folder / plan.UNPACKED).write_text(json.dumps(unpacked))
    return folder


def test_what_was_packed(tmp_path: Path) -> None:
    assert list(routed(NETLIST["modules"]["top"])) == [
        *(("X1Y1", "A0", "X01"), ("X1Y1", "XD0", "F0"), ("X1Y1", "B0", "VCC"))
    ]
    found = compare(written(tmp_path, UNPACKED))
    assert (found.bits, found.memory_words) == (2 + 13, 4 * 1024), "XD0 has no choice, three cells no bits"


CHANGES = [
    ("muxes X1Y1 A0", ["X02"], "wire X1Y1/A0 in the bitstream; expected X01; found X02"),
    ("muxes X1Y1 B0", [], "wire X1Y1/B0 in the bitstream; expected VCC; found no source"),
    ("luts X1Y1/LUT3", 0x8889, "contents of lut"),
    ("luts X2Y1/LUT2", 0, "contents 2 of ram"),
    ("memories X2Y1", False, "use as a memory of ram"),
    ("registers X1Y1/DFF3 REG1_REGSET", "RESET", "starting value of register"),
    ("registers X1Y1/DFF3 LSRONMUX", None, "reset of register"),
    ("registers X1Y1/DFF3 SRMODE", "ASYNC", "asynchronous reset of register"),
    ("registers X1Y1/DFF0 CLKMUX_CLK", "INV", "clock's edge of plain"),
    ("registers X1Y1/DFF0 LSRONMUX", "LSRMUX", "reset of plain"),
    ("pins X0Y3/IOBA ODMUX", "1", "drives its pin of input"),
    ("pins X0Y3/IOBA PULLMODE", "DOWN", "pull of input"),
    ("pins X0Y4/IOBB PULLMODE", None, "pull of output"),
    ("multipliers X1Y9 0 OREG0_BYPH_1", None, "OREG0_BYPH_1 of wide"),
    ("multipliers X1Y9 0 M9MODE_EN", "ENABLE", "use of nine bits of wide"),
    ("multipliers X1Y9 1 IRBY_IREG1BH_7", None, "IRBY_IREG1BH_7 of narrow"),
    ("block_rams X4Y9 SP MODE", None, "mode of single"),
    (
        "block_rams X4Y9 SP SPB_DATA_WIDTH",
        "4",
        "width of port B of single .SP. in the bitstream; expected 9",
    ),
    ("block_rams X4Y9 SP SPA_MODE", "WT", "write mode of port A of single"),
    (
        "block_rams X13Y9 SP SPB_MODE",
        None,
        "write mode of port B of full .SP. in the bitstream; expected RBW",
    ),
    ("block_rams X13Y9 SP SPB_DATA_WIDTH", "9", "width of port B of full"),
    ("block_rams X7Y9 DP DPB_DATA_WIDTH", "9", "width of port B of dual"),
    ("block_rams X7Y9 DP DPB_REGMODE", "OUTREG", "output register of port B of dual"),
    ("block_rams X10Y9 SDP DBLWA", None, "width of port A of two"),
    ("contents X4Y9 17", 3, "contents of single .SP., word 17 in the bitstream; expected 0x1; found 0x3"),
    ("contents X7Y9 1023", 0x10003, "contents of dual .DP., word 1023"),
    ("contents X10Y9 5", 1, "contents of two .SDP., word 5"),
    ("plls X19Y9 FDIV", 3, "FBDIV_SEL of pll"),
    ("plls X18Y9 ODIV", 8, "ODIV_SEL of pll"),
]


@pytest.mark.parametrize(("where", "value", "message"), CHANGES)
def test_every_difference_is_found(tmp_path: Path, where: str, value: object, message: str) -> None:
    changed = copy.deepcopy(UNPACKED)
    *path, last = where.split()
    at: Any = changed
    for name in path:
        at = at[int(name) if isinstance(at, list) else name]
    at[int(last) if isinstance(at, list) else last] = value
    with pytest.raises(VerificationMismatch, match=message):
        compare(written(tmp_path, changed))


def test_nothing_is_no_success(tmp_path: Path) -> None:
    empty = {"modules": {"top": {"cells": {"zero": CELLS["zero"]}, "netnames": NETS}}}
    with pytest.raises(NothingCompared):
        compare(written(tmp_path, UNPACKED, empty))
    with pytest.raises(NothingCompared):
        compare(
            written(
                tmp_path, UNPACKED, {"modules": {"top": {"cells": CELLS, "netnames": {"n": NETS["none"]}}}}
            )
        )


@pytest.mark.parametrize("kind", ["ALU", "DLC", "PADD9"])
def test_a_cell_that_is_not_known_is_an_error(tmp_path: Path, kind: str) -> None:
    cells = {**CELLS, "new": cell(kind, "X1Y1/ALU0")}
    with pytest.raises(ArtifactError, match=rf"cell new; expected a kind that is known.*found {kind}"):
        compare(written(tmp_path, UNPACKED, {"modules": {"top": {"cells": cells, "netnames": NETS}}}))
