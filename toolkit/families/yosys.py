"""What Yosys says of a netlist, whatever the family."""

from __future__ import annotations

from pathlib import Path

from toolkit.core.artifact import read_json
from toolkit.core.errors import ArtifactError

STAT = "stat.json"
"""The file that a synthesis writes its counts to, with ``stat -json``."""


def cells(folder: Path) -> dict[str, int]:
    """Number of cells of each type in the netlist in ``folder``.

    Raises:
        ArtifactError: the counts are damaged, or there is no cell.
    """
    found: dict[str, int] = read_json(folder / STAT).get("design", {}).get("num_cells_by_type", {})
    if not found:
        raise ArtifactError(f"netlist of {folder / STAT}", expected="cells", found="none")
    return found
