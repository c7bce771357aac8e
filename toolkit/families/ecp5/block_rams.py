"""Whether a configuration makes the block RAMs of a netlist: their modes, widths and contents.

The netlist is the one that is simulated; the configuration has been found equal to the bits. A cell has no
name in a configuration, so each must be there as often as it is in the netlist.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from toolkit.core.errors import ArtifactError, NothingCompared, VerificationMismatch
from toolkit.families.ecp5.configuration import Configuration, Setting

_CELLS = ("DP16KD", "PDPW16KD")
_WIDE = 36
"""Width of a port that takes both, and so another mode."""
_DEFAULTS = {
    "REGMODE_A": "NOREG",
    "REGMODE_B": "NOREG",
    "RESETMODE": "SYNC",
    "ASYNC_RESET_RELEASE": "SYNC",
}
_WRITES = {"WRITEMODE_A": "NORMAL", "WRITEMODE_B": "NORMAL"}
"""Settings of a cell that decide what it does, and their values where nothing is said."""
_ROWS, _PAIRS, _PADDED, _WORD = 64, 16, 20, 9
"""Contents are rows of 16 pairs of words; a pair takes 20 bits, of which the upper two mean nothing."""


class MadeBlockRam(NamedTuple):
    """What a block RAM is: its settings, and the words of 9 bits that it begins with."""

    settings: frozenset[tuple[str, str]]
    words: tuple[int, ...]


def require_block_rams(netlist: Mapping[str, Any], configuration: Configuration) -> int:
    """Check that a configuration has the block RAMs of a netlist of Yosys (JSON), and return their number.

    Raises:
        VerificationMismatch: one is not there, or another is; names the cell and what is nearest to it.
        NothingCompared: the configuration has block RAMs, the netlist none.
        ArtifactError: the netlist or the configuration is of an unknown form.
    """
    wanted = _of_netlist(netlist)
    left = Counter(_of_configuration(configuration))
    if left and not wanted:
        raise NothingCompared("block RAMs", expected="those of the netlist", found="none in it")
    for cell, ram in wanted.items():
        if not left[ram]:
            raise _missing(cell, ram, left)
        left[ram] -= 1
    if extra := +left:
        raise VerificationMismatch(
            "block RAMs of the bitstream", expected=f"{len(wanted)}", found=f"{extra.total()} more"
        )
    return len(wanted)


def _of_netlist(netlist: Mapping[str, Any]) -> dict[str, MadeBlockRam]:
    cells = ((name, cell) for module in netlist["modules"].values() for name, cell in module["cells"].items())
    return {name: _of_cell(cell["parameters"]) for name, cell in cells if cell["type"] in _CELLS}


def _of_cell(given: Mapping[str, str]) -> MadeBlockRam:
    read = int(given.get("DATA_WIDTH_R") or given["DATA_WIDTH_B"], 2)
    written = int(given.get("DATA_WIDTH_W") or given["DATA_WIDTH_A"], 2)
    same = {name: given.get(name, value) for name, value in _DEFAULTS.items()}
    if written == _WIDE:
        found = {**same, "MODE": "PDPW16KD", "DATA_WIDTH_R": str(read)}
    else:
        modes = {name: given.get(name, value) for name, value in _WRITES.items()}
        found = {**same, **modes, "MODE": "DP16KD", "DATA_WIDTH_A": str(written), "DATA_WIDTH_B": str(read)}
    # Bits that nothing sets are 0 on the chip.
    rows = (int(given.get(f"INITVAL_{row:02X}", "0").replace("x", "0"), 2) for row in range(_ROWS))
    return MadeBlockRam(frozenset(found.items()), tuple(word for row in rows for word in _words(row)))


def _words(row: int) -> Iterable[int]:
    for pair in range(_PAIRS):
        for half in range(2):
            yield row >> pair * _PADDED + half * _WORD & (1 << _WORD) - 1


def _of_configuration(configuration: Configuration) -> list[MadeBlockRam]:
    return [
        _of_group(settings, configuration)
        for _, settings in configuration.groups
        if any(
            what == "enum" and name.startswith("EBR") and name.endswith(".MODE")
            for what, name, *_ in settings
        )
    ]


def _of_group(settings: Iterable[Setting], configuration: Configuration) -> MadeBlockRam:
    said = {name.rpartition(".")[2]: value for what, name, value in settings if what in ("enum", "word")}
    kept = {*_DEFAULTS, "MODE"}
    kept |= {"DATA_WIDTH_R"} if said["MODE"] == "PDPW16KD" else {*_WRITES, "DATA_WIDTH_A", "DATA_WIDTH_B"}
    number = int(said["WID"][::-1], 2)  # its lowest bit stands first
    if missing := kept - set(said):
        raise ArtifactError(f"block RAM {number} of the configuration", expected=min(missing), found="none")
    words = configuration.memories.get(number, [0] * _ROWS * _PAIRS * 2)
    return MadeBlockRam(frozenset((name, said[name]) for name in kept), tuple(words))


def _missing(cell: str, ram: MadeBlockRam, left: Counter[MadeBlockRam]) -> VerificationMismatch:
    """Say what differs from the block RAM that is nearest: that with its contents, or with its settings."""
    there = [one for one, count in left.items() if count]
    same = next((one for one in there if one.words == ram.words), None)
    what = f"block RAM {cell} in the bitstream"
    if same is not None:
        name, expected = min(ram.settings - same.settings or same.settings - ram.settings)
        return VerificationMismatch(what, expected=f"{name} {expected}", found=dict(same.settings).get(name))
    like = next((one for one in there if one.settings == ram.settings), None)
    if like is None:
        return VerificationMismatch(
            what, expected=", ".join(map(" ".join, sorted(ram.settings))), found="none"
        )
    at = next(i for i, (one, other) in enumerate(zip(ram.words, like.words, strict=True)) if one != other)
    return VerificationMismatch(
        f"{what}, word {at}", expected=f"{ram.words[at]:#x}", found=f"{like.words[at]:#x}"
    )
