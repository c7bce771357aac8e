"""Reads nextpnr's report and log: utilisation; clocks and paths as for every family."""

from __future__ import annotations

import re
from pathlib import Path

from toolkit.core.errors import ArtifactError
from toolkit.families import nextpnr
from toolkit.families.nextpnr import Use
from toolkit.families.results import ResourceUse, Routed

_KINDS = ("TRELLIS_COMB", "TRELLIS_FF", "DP16KD", "MULT18X18D")
_LUT4 = re.compile(r"Total LUT4s:\s+(\d+)/\s*(\d+)")


def routed(report: Path, log: str, mhz: float) -> Routed:
    """Read a report.

    Args:
        report: file that ``--report`` wrote.
        log: output of nextpnr, which alone has the number of look-up tables.
        mhz: clock of the design.

    Raises:
        ArtifactError: the report is damaged, or no net runs at that clock, so the PLL is set wrongly.
    """

    def use(cells: Use) -> Use:
        lut4 = _LUT4.search(log)
        if lut4 is None:
            raise ArtifactError(f"log of {report}", expected="the number of LUT4", found="none")
        packed, available = map(int, lut4.groups())
        shown = {kind: cells[kind] for kind in _KINDS}
        return {"LUT4": ResourceUse(used=packed, available=available), **shown}

    return nextpnr.routed(report, log, mhz, use)
