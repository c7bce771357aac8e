"""What a netlist of ECP5 cells takes of the part."""

from __future__ import annotations

from collections.abc import Mapping

_SIZES: dict[str, dict[str, int]] = {
    "lut": {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6},  # of the last, 4 hold and 2 write
    "ff": {"TRELLIS_FF": 1},
    "bram": {"DP16KD": 1, "PDPW16KD": 1},
    "dsp": {"MULT18X18D": 1},
}
"""What a cell takes of each resource, as nextpnr counts."""


def needs(found: Mapping[str, int]) -> dict[str, int]:
    """What cells take, by the fields of :class:`toolkit.families.resources.ResourceNames`."""
    return {key: sum(size.get(cell, 0) * n for cell, n in found.items()) for key, size in _SIZES.items()}
