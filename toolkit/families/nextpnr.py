"""Reads nextpnr's report and log for every family: clocks, critical path, utilisation, lack of room."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from toolkit.core.errors import ArtifactError
from toolkit.core.reading import read_json
from toolkit.families.results import CriticalPath, ResourceUse, Routed, RoutedClock

Use = Mapping[str, ResourceUse]
_NEAR = 0.005
"""nextpnr rounds periods to whole picoseconds, so its clocks differ a little from the requested ones."""

_FULL = re.compile(r"no BELs remaining to implement cell type '\w+'|design is probably at utilisation \w+")
_HOLD = re.compile(r"(\d+) Hold/min time violations")


def no_room(log: str) -> str | None:
    """Return the message about cells that did not fit the part; None if there is none."""
    found = _FULL.search(log)
    return found.group() if found else None


def routed(report: Path, log: str, mhz: float, use: Callable[[Use], Use], *, margin: float = 1.0) -> Routed:
    """Read a report.

    Args:
        report: file that ``--report`` wrote.
        log: output of nextpnr, which alone has the number of paths that are too short.
        mhz: clock of the design.
        margin: what nextpnr was asked for, in clocks; it is taken off all frequencies.
        use: function that returns the utilisation to be shown, given that of each kind of cell.

    Raises:
        ArtifactError: the report is damaged, or no net runs at that clock, so the PLL is set wrongly.
    """
    found = read_json(report)
    try:
        clocks = tuple(
            RoutedClock(net=net, wanted_mhz=one["constraint"] / margin, reached_mhz=one["achieved"] / margin)
            for net, one in found["fmax"].items()
        )
        own = [clock for clock in clocks if abs(clock.wanted_mhz - mhz) <= mhz * _NEAR]
        if not own:
            nets = ", ".join(f"{clock.net} at {clock.wanted_mhz:g} MHz" for clock in clocks) or "no clock"
            raise ArtifactError(f"clocks in {report}", expected=f"one of {mhz:g} MHz", found=nets)
        clock = min(own, key=lambda one: one.reached_mhz)
        edges = f"posedge {clock.net}"
        path = next(one for one in found["critical_paths"] if (one["from"], one["to"]) == (edges, edges))
        cells = {kind: ResourceUse(**one) for kind, one in found["utilization"].items() if one["available"]}
        return Routed(
            clock=clock,
            clocks=clocks,
            path=_path(path["path"]),
            use=use(cells),
            hold_violations=max(map(int, _HOLD.findall(log)), default=0),
        )
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
