"""The ECP5's resources: their names, and the amounts that the cells of a netlist use."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.families.resources import ResourceName, ResourceNames

NAMES = ResourceNames(
    lut=ResourceName("LUT4", "LUT4", "LUT4"),
    ff=ResourceName("TRELLIS_FF", "FF", "flip-flops"),
    bram=ResourceName("DP16KD", "EBR", "block RAMs (18 Kb)"),
    dsp=ResourceName("MULT18X18D", "MULT18", "multipliers"),
)
"""Names of nextpnr, of Lattice, and in plain words."""

_SIZES: dict[str, dict[str, int]] = {
    "lut": {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6},  # of the last, 4 hold and 2 write
    "ff": {"TRELLIS_FF": 1},
    "bram": {"DP16KD": 1, "PDPW16KD": 1},
    "dsp": {"MULT18X18D": 1},
}
"""Amount of each resource that a cell uses, as nextpnr counts."""


def needs(found: Mapping[str, int]) -> dict[str, int]:
    """Return the resources of cells, given by type, by the fields of :class:`ResourceNames`."""
    return {key: sum(size.get(cell, 0) * n for cell, n in found.items()) for key, size in _SIZES.items()}
