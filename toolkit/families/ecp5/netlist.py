"""What a netlist of ECP5 cells takes of the part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from toolkit.core.artifact import read_json
from toolkit.core.errors import ArtifactError

_SIZES: dict[str, dict[str, int]] = {
    "lut": {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6},  # of the last, 4 hold and 2 write
    "ff": {"TRELLIS_FF": 1},
    "bram": {"DP16KD": 1, "PDPW16KD": 1},
    "dsp": {"MULT18X18D": 1},
}
"""What a cell takes of each resource, as nextpnr counts."""


def cells(stat: Path) -> dict[str, int]:
    """Number of cells of each type, from ``stat -json``.

    Raises:
        ArtifactError: the file is damaged, or there is no cell.
    """
    found: dict[str, int] = read_json(stat).get("design", {}).get("num_cells_by_type", {})
    if not found:
        raise ArtifactError(f"netlist of {stat}", expected="cells", found="none")
    return found


def needs(found: Mapping[str, int]) -> dict[str, int]:
    """What cells take, by the fields of :class:`toolkit.families.resources.ResourceNames`."""
    return {key: sum(size.get(cell, 0) * n for cell, n in found.items()) for key, size in _SIZES.items()}
