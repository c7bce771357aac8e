"""Reads Yosys' statistics of a netlist, for every family."""

from __future__ import annotations

from pathlib import Path

from toolkit.core.errors import ArtifactError
from toolkit.core.reading import read_json

STAT = "stat.json"
"""File with the cell counts of a synthesis, from ``stat -json``."""


def cells(folder: Path) -> dict[str, int]:
    """Return the number of cells of each type in the netlist in ``folder``.

    Raises:
        ArtifactError: the file is damaged, or there are no cells.
    """
    found: dict[str, int] = read_json(folder / STAT).get("design", {}).get("num_cells_by_type", {})
    if not found:
        raise ArtifactError(f"netlist of {folder / STAT}", expected="cells", found="none")
    return found
