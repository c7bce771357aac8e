"""The GW2A's resources: names, amounts that the cells of a netlist use, and nextpnr's report of them."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.families.nextpnr import Use
from toolkit.families.resources import ResourceName, ResourceNames
from toolkit.families.results import ResourceUse

NAMES = ResourceNames(
    lut=ResourceName("LUT4", "LUT4", "LUT4"),
    ff=ResourceName("DFF", "FF", "flip-flops"),
    bram=ResourceName("BSRAM", "BSRAM", "block RAMs (18 Kb)"),
    dsp=ResourceName("MULT9X9", "MULT9", "multipliers (9x9)"),
)
"""Names of nextpnr, and in plain words."""

RAM16 = 8
"""Look-up tables that a memory made of four of them takes: those of its tile."""
_BSRAMS = ("SP", "SPX9", "SDPB", "SDPX9B", "DPB", "DPX9B", "pROM", "pROMX9")
_SIZES: dict[str, dict[str, int]] = {
    "lut": {**{f"LUT{n}": 1 for n in range(1, 5)}, **{f"RAM16SDP{n}": RAM16 for n in (1, 2, 4)}},
    "bram": dict.fromkeys(_BSRAMS, 1),
    "dsp": {"MULT9X9": 1, "MULT18X18": 2, "MULT36X36": 8},
}
"""Amount of each resource that a cell uses."""


def needs(found: Mapping[str, int]) -> dict[str, int]:
    """Return the resources of cells, given by type, by the fields of :class:`ResourceNames`."""
    total = {key: sum(size.get(cell, 0) * n for cell, n in found.items()) for key, size in _SIZES.items()}
    return {**total, "ff": sum(n for cell, n in found.items() if cell.startswith("DFF"))}


def use(found: Use) -> Use:
    """Return the utilisation by our names of resources.

    A memory made of look-up tables takes all of its tile.
    """
    names, (lut, ram) = NAMES, (found["LUT4"], found["RAM16SDP4"])
    narrow, wide = found["MULT9X9"], found["MULT18X18"]
    return {
        names.lut.key: ResourceUse(used=lut.used + RAM16 * ram.used, available=lut.available),
        names.ff.key: found["DFF"],
        names.bram.key: found["BSRAM"],
        names.dsp.key: ResourceUse(used=narrow.used + 2 * wide.used, available=narrow.available),
    }
