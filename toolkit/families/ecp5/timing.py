"""nextpnr's report and log: clocks reached, use of the part, the path that limits the clock, want of room."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from toolkit.core.artifact import read_json
from toolkit.core.errors import ArtifactError
from toolkit.families.results import CriticalPath, ResourceUse, Routed, RoutedClock

_KINDS = ("TRELLIS_COMB", "TRELLIS_FF", "DP16KD", "MULT18X18D")
_LUT4 = re.compile(r"Total LUT4s:\s+(\d+)/\s*(\d+)")
_FULL = re.compile(r"no BELs remaining to implement cell type '\w+'|design is probably at utilisation \w+")
_NEAR = 0.005
"""nextpnr counts periods in whole picoseconds, so the clock it names is a little off."""


def no_room(log: str) -> str | None:
    """What a log says about cells that are left over; None: nothing."""
    found = _FULL.search(log)
    return found.group() if found else None


def routed(report: Path, log: str, mhz: float) -> Routed:
    """Read a report.

    Args:
        report: what ``--report`` wrote.
        log: what nextpnr said, for the number of look-up tables.
        mhz: the design's clock.

    Raises:
        ArtifactError: the report is damaged, or no net runs at that clock: the PLL does something else.
    """
    found = read_json(report)
    try:
        clocks = tuple(
            RoutedClock(net=net, wanted_mhz=one["constraint"], reached_mhz=one["achieved"])
            for net, one in found["fmax"].items()
        )
        own = [clock for clock in clocks if abs(clock.wanted_mhz - mhz) <= mhz * _NEAR]
        if not own:
            nets = ", ".join(f"{clock.net} at {clock.wanted_mhz:g} MHz" for clock in clocks) or "no clock"
            raise ArtifactError(f"clocks in {report}", expected=f"one of {mhz:g} MHz", found=nets)
        clock = min(own, key=lambda one: one.reached_mhz)
        edges = f"posedge {clock.net}"
        path = next(one for one in found["critical_paths"] if (one["from"], one["to"]) == (edges, edges))
        use = {kind: ResourceUse(**found["utilization"][kind]) for kind in _KINDS}
        lut4 = _LUT4.search(log)
        if lut4 is None:
            raise ArtifactError(f"log of {report}", expected="the number of LUT4", found="none")
        packed, available = map(int, lut4.groups())
        use = {"LUT4": ResourceUse(used=packed, available=available), **use}
        return Routed(clock=clock, clocks=clocks, path=_path(path["path"]), use=use)
    except (KeyError, TypeError, StopIteration, IndexError, ValidationError) as problem:
        raise ArtifactError(f"report {report} is damaged", found=repr(problem)) from problem


def _path(hops: Iterable[Mapping[str, Any]]) -> CriticalPath:
    hops = list(hops)
    routing = sum(hop["delay"] for hop in hops if hop["type"] == "routing")
    source, sink = hops[0]["from"], hops[-1]["to"]
    return CriticalPath(
        source=f"{source['cell']}.{source['port']}",
        sink=f"{sink['cell']}.{sink['port']}",
        logic_ns=round(sum(hop["delay"] for hop in hops) - routing, 3),
        routing_ns=round(routing, 3),
    )
