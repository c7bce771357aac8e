"""What a netlist of ECP5 cells takes of the part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from toolkit.boards import Resources
from toolkit.core.artifact import read_json
from toolkit.core.errors import ArtifactError, DoesNotFit

_SIZES: dict[str, tuple[str, dict[str, int]]] = {
    "lut": ("LUT4", {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6}),  # of the last, 4 hold and 2 write
    "ff": ("flip-flops", {"TRELLIS_FF": 1}),
    "bram18": ("block RAMs of 18 Kb", {"DP16KD": 1, "PDPW16KD": 1}),
    "dsp": ("multipliers", {"MULT18X18D": 1}),
}
"""By the fields of :class:`toolkit.boards.Resources`: a name, and what a cell takes, as nextpnr counts."""


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
    """What cells take, by the fields of :class:`toolkit.boards.Resources`."""
    return {key: sum(size.get(cell, 0) * n for cell, n in found.items()) for key, (_, size) in _SIZES.items()}


def check_fit(found: Mapping[str, int], part: str, available: Resources, advice: str = "") -> None:
    """Refuse a netlist that is larger than the part, before hours are spent on placing it.

    Args:
        found: cells by type.
        part: its name.
        available: what it has.
        advice: what to do, such as the nearest folding that fits.

    Raises:
        DoesNotFit: naming each resource, and by how much.
    """
    has = {key: getattr(available, key) for key in _SIZES}
    over = [
        f"{n} {_SIZES[key][0]} ({n - has[key]} too many)" for key, n in needs(found).items() if n > has[key]
    ]
    if over:
        expected = ", ".join(f"at most {has[key]} {name}" for key, (name, _) in _SIZES.items())
        raise DoesNotFit(
            f"the design does not fit {part}", expected=expected, found=", ".join(over), fix=advice
        )
