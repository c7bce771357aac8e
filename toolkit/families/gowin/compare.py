"""Compares what a bitstream sets with the routed netlist that it was packed from.

Every wire that the netlist routes through a choice must take the source that it routes; every look-up
table, register, block RAM, multiplier, pin and phase-locked loop must be set as its cell says. What the
netlist does not use is not compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolkit.core.errors import ArtifactError, NothingCompared, VerificationMismatch
from toolkit.core.reading import read_json
from toolkit.families.gowin import plan
from toolkit.families.results import Compared

Cell = Mapping[str, Any]
Found = Mapping[str, Any]
Difference = tuple[object, object]
"""What a setting must be, and what it is."""

_ASYNCHRONOUS = "CP"
_REGISTER = re.compile(r"DFF(?P<falling>N?)(?P<kind>[RSCP]?)E?")
_WIDTHS = {1: "1", 2: "2", 4: "4", 8: "9", 9: "9", 16: None, 18: None, 32: "X36", 36: "X36"}
"""Width of a block RAM's port -> Apicula's name of its setting; None: no bit is set."""
_FULL = (32, 36)
_WRITE_MODES = {0: None, 1: "WT", 2: "RBW"}
_MULTIPLIER = re.compile(r"X\d+Y\d+/(?P<kind>MULT(?:9X9|18X18))(?P<group>[01])(?P<index>\d)")
_UNUSED = {"GND", "VCC", "GSR", "BUFG", "GOWIN_GND", "GOWIN_VCC", "DUMMY_CELL"}
"""Cells without settings of their own; a clock's buffer is its wires."""
_WIDE = re.compile(r"MUX2_LUT[5-8]")
"""Multiplexers behind look-up tables: always there."""


def compare(folder: Path) -> Compared:
    """Compare the unpacked bitstream in a folder with the routed netlist.

    Raises:
        VerificationMismatch: a setting differs; names the first.
        NothingCompared: the netlist has no cells or no wires.
        ArtifactError: a file is damaged, or a cell is of an unknown kind.
    """
    netlist, found = read_json(folder / plan.CONFIGURATION), read_json(folder / plan.UNPACKED)
    (module,) = netlist["modules"].values()
    found["zero"] = module["netnames"].get("$PACKER_GND", {}).get("bits")
    wires = sum(1 for pip in routed(module) if _require_wire(pip, found["muxes"]))
    cells = words = 0
    for name, cell in module["cells"].items():
        if cell["type"] in _UNUSED or _WIDE.fullmatch(cell["type"]):
            continue
        for what, (expected, is_there) in _settings(name, cell, found):
            if expected != is_there:
                raise _differs(f"{what} of {name} ({cell['type']})", expected, is_there)
        cells += 1
        words += len(found["contents"][_tile(cell)]) if cell["type"] in _BLOCK_RAMS else 0
    if not wires or not cells:
        raise NothingCompared("the unpacked bitstream", expected="wires and cells", found="none")
    tiles = len({_tile(cell) for cell in module["cells"].values()})
    return Compared(tiles=tiles, bits=wires + cells, memory_words=words)


def routed(module: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield every choice that nextpnr routed: tile, wire and its source."""
    for net in module["netnames"].values():
        parts = net["attributes"].get("ROUTING", "").strip().split(";")
        for pip in filter(None, parts[1::3]):
            tile, wire, source = pip.split("/")
            yield tile, wire, source


def _require_wire(pip: tuple[str, str, str], muxes: Mapping[str, Mapping[str, list[str]]]) -> bool:
    """Check a wire; returns whether it has a choice."""
    tile, wire, source = pip
    choice = muxes.get(tile, {}).get(wire)
    if choice is None:
        return False
    if source not in choice:
        raise _differs(f"wire {tile}/{wire}", source, " or ".join(choice) or "no source or several")
    return True


def _tile(cell: Cell) -> str:
    return str(cell["attributes"].get("NEXTPNR_BEL", "")).partition("/")[0]


def _settings(name: str, cell: Cell, found: Found) -> Iterator[tuple[str, Difference]]:
    """Yield the settings that a cell decides."""
    kind, place = cell["type"], cell["attributes"].get("NEXTPNR_BEL", "")
    readers = {
        "LUT": _look_up_table,
        "DFF": _register,
        "RAM": _memory,
        "IBU": _pin,
        "OBU": _pin,
        "MUL": _multiplier,
        "rPL": _pll,
        **dict.fromkeys(_BLOCK_RAMS, _block_ram),
    }
    reader = readers.get(kind) or readers.get(kind[:3])
    if reader is None or not place:
        raise ArtifactError(f"cell {name}", expected="a kind that is known, with a place", found=kind)
    yield from reader(cell, found)


def _number(value: str | int, default: int = 0) -> int:
    return value if isinstance(value, int) else int(value.strip(), 2) if value.strip() else default


def _look_up_table(cell: Cell, found: Found) -> Iterator[tuple[str, Difference]]:
    init = cell["parameters"]["INIT"].strip()[-16:]
    yield "contents", (int(init * (16 // len(init)), 2), found["luts"][cell["attributes"]["NEXTPNR_BEL"]])


def _memory(cell: Cell, found: Found) -> Iterator[tuple[str, Difference]]:
    for i in range(4):
        if (init := cell["parameters"].get(f"INIT_{i}")) is not None:
            yield f"contents {i}", (_number(init) & 0xFFFF, found["luts"][f"{_tile(cell)}/LUT{i}"])
    yield "use as a memory", (True, found["memories"][_tile(cell)])


def _register(cell: Cell, found: Found) -> Iterator[tuple[str, Difference]]:
    place, kind = cell["attributes"]["NEXTPNR_BEL"], _REGISTER.fullmatch(cell["type"])
    if kind is None:
        raise ArtifactError("routed netlist", expected="a kind of register that is known", found=cell["type"])
    has, half = found["registers"][place], int(place[-1]) % 2
    yield "starting value", (kind["kind"] not in ("S", "P"), has.get(f"REG{half}_REGSET") == "RESET")
    yield "reset", (bool(kind["kind"]), has.get("LSRONMUX") == "LSRMUX")
    yield "clock's edge", (bool(kind["falling"]), has.get("CLKMUX_CLK") == "INV")
    if kind["kind"]:
        yield "asynchronous reset", (kind["kind"] in _ASYNCHRONOUS, has.get("SRMODE") == "ASYNC")


def _pin(cell: Cell, found: Found) -> Iterator[tuple[str, Difference]]:
    has = found["pins"][cell["attributes"]["NEXTPNR_BEL"]]
    yield "drives its pin", (cell["type"] == "OBUF", "ODMUX" in has or "ODMUX_1" in has)
    start = "&PULL_MODE="
    wanted = [name.removeprefix(start) for name in cell["attributes"] if name.startswith(start)]
    if wanted:
        yield "pull", (wanted[0], has.get("PULLMODE", "UP"))


def _pll(cell: Cell, found: Found) -> Iterator[tuple[str, Difference]]:
    column = int(_tile(cell)[1:].partition("Y")[0])
    row = _tile(cell).partition("Y")[2]
    near = [found["plls"].get(f"X{column + step}Y{row}", {}) for step in range(-3, 4)]
    has = {name: value for part in near for name, value in part.items()}
    for name, setting, more in (("IDIV_SEL", "IDIV", 1), ("FBDIV_SEL", "FDIV", 1), ("ODIV_SEL", "ODIV", 0)):
        yield name, (_number(cell["parameters"][name]) + more, has.get(setting))


def _multiplier(cell: Cell, found: Found) -> Iterator[tuple[str, Difference]]:
    """A multiplier is in use, of its width, and has no register."""
    at = cell["attributes"]["NEXTPNR_BEL"]
    place = _MULTIPLIER.fullmatch(at)
    if place is None or place["kind"] != cell["type"]:
        raise ArtifactError("routed netlist", expected=f"a place of a {cell['type']}", found=at)
    has, index, narrow = found["multipliers"][_tile(cell)], int(place["index"]), cell["type"] == "MULT9X9"
    has = has[int(place["group"])]
    yield "use of nine bits", (narrow, has.get("M9MODE_EN") == "ENABLE")
    for part in (index,) if narrow else (2 * index, 2 * index + 1):
        pair, half = divmod(part, 2)
        letter = "LH"[half]
        for setting in (
            f"IRBY_IREG{pair}A{letter}_{4 * pair + half}",
            f"IRBY_IREG{pair}B{letter}_{4 * pair + half + 2}",
            *(f"CINBY_{3 * pair + sign}" for sign in (0, 1)),
            f"OREG{pair}_BYP{letter}_{2 * pair + half}",
            f"PPREG{pair}_BYP{letter}_{2 * pair + half}",
            f"OR2CIB_EN{pair}{letter}_{2 * pair + half}",
        ):
            yield setting, ("ENABLE", has.get(setting))


_BLOCK_RAMS = {
    "SP": (("SPA", "WRE"), ("SPB", "WREB")),
    "SDP": (("SDPA", ""), ("SDPB", "")),
    "DP": (("DPA", "WREA"), ("DPB", "WREB")),
}
"""Kinds of block RAMs after placement -> beginning of each port's settings, and its write enable."""


def _block_ram(cell: Cell, found: Found) -> Iterator[tuple[str, Difference]]:
    kind, given, tile = cell["type"], cell["parameters"], _tile(cell)
    has, single = found["block_rams"][tile][kind], kind == "SP"
    yield "mode", ("ENABLE", has.get("MODE"))
    for i, (start, enable) in enumerate(_BLOCK_RAMS[kind]):
        port = f"of port {'AB'[i]}"
        width = _number(given["BIT_WIDTH" if single else f"BIT_WIDTH_{i}"])
        # A single port of the full width is both ports with half of it.
        wanted = _WIDTHS.get(width // 2 if single and width in _FULL else width, width)
        yield f"width {port}", (wanted, has.get(f"DBLW{'AB'[i]}") or has.get(f"{start}_DATA_WIDTH"))
        register = _number(given.get("READ_MODE" if kind != "DP" else f"READ_MODE{i}", 0))
        yield f"output register {port}", ("OUTREG" if register else None, has.get(f"{start}_REGMODE"))
        if enable in cell["connections"] and cell["connections"][enable] != found["zero"]:
            mode = _number(given["WRITE_MODE" if single else f"WRITE_MODE{i}"])
            yield f"write mode {port}", (_WRITE_MODES.get(mode, mode), has.get(f"{start}_MODE"))
    parity = cell["attributes"]["BSRAM_SUBTYPE"].strip() == "X9"
    yield "contents", (_words(given, parity), found["contents"][tile])


def _words(given: Mapping[str, str], parity: bool) -> list[int]:
    """Return the contents of a block RAM as its cell states them, in words with two bits of parity."""
    bits = 18 if parity else 16
    found = []
    for row in range(64):
        value = _number(given.get(f"INIT_RAM_{row:02X}", 0))
        for word in range(16):
            one = value >> word * bits & ((1 << bits) - 1)
            found.append(one if parity else one & 0xFF | (one >> 8) << 9)
    return found


def _differs(what: str, expected: object, found: object) -> VerificationMismatch:
    if isinstance(expected, list) and isinstance(found, list):
        at = next(i for i, (one, other) in enumerate(zip(expected, found, strict=True)) if one != other)
        what, expected, found = f"{what}, word {at}", f"{expected[at]:#x}", f"{found[at]:#x}"
    return VerificationMismatch(
        f"{what} in the bitstream",
        expected=expected,
        found=found,
        fix="Use nextpnr and Apicula of the versions that Offramp names.",
    )
