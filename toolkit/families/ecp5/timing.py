"""nextpnr's report: clocks reached, use of the part, and the path that limits the clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.core.artifact import read_json
from toolkit.core.errors import ArtifactError

_KINDS = ("TRELLIS_COMB", "TRELLIS_FF", "DP16KD", "MULT18X18D")
_LUT4 = re.compile(r"Total LUT4s:\s+(\d+)/\s*(\d+)")
_NEAR = 0.005
"""nextpnr counts periods in whole picoseconds, so the clock it names is a little off."""


@dataclass(frozen=True)
class Clock:
    """A clock net: what was asked of it and what it reaches, in MHz."""

    net: str
    wanted_mhz: float
    reached_mhz: float


@dataclass(frozen=True)
class CriticalPath:
    """A path between two registers: cells with their ports, ns spent in logic and in wires."""

    source: str
    sink: str
    logic_ns: float
    routing_ns: float


@dataclass(frozen=True)
class Use:
    """How many of a resource are used, and how many there are."""

    used: int
    available: int


@dataclass(frozen=True)
class Routed:
    """What place and route came to.

    Attributes:
        clock: the design's own.
        clocks: all of them.
        path: the critical path of the design's clock.
        use: by resource, as nextpnr names it; ``LUT4``: before packing, as it counts them.
    """

    clock: Clock
    clocks: tuple[Clock, ...]
    path: CriticalPath
    use: Mapping[str, Use]

    @property
    def met(self) -> bool:
        """Whether every clock is reached."""
        return all(clock.reached_mhz >= clock.wanted_mhz * (1 - 1e-6) for clock in self.clocks)


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
        clocks = tuple(Clock(net, one["constraint"], one["achieved"]) for net, one in found["fmax"].items())
        own = [clock for clock in clocks if abs(clock.wanted_mhz - mhz) <= mhz * _NEAR]
        if not own:
            nets = ", ".join(f"{clock.net} at {clock.wanted_mhz:g} MHz" for clock in clocks) or "no clock"
            raise ArtifactError(f"clocks in {report}", expected=f"one of {mhz:g} MHz", found=nets)
        clock = min(own, key=lambda one: one.reached_mhz)
        edges = f"posedge {clock.net}"
        path = next(one for one in found["critical_paths"] if (one["from"], one["to"]) == (edges, edges))
        use = {kind: Use(**found["utilization"][kind]) for kind in _KINDS}
        lut4 = _LUT4.search(log)
        if lut4 is None:
            raise ArtifactError(f"log of {report}", expected="the number of LUT4", found="none")
        return Routed(clock, clocks, _path(path["path"]), {"LUT4": Use(*map(int, lut4.groups())), **use})
    except (KeyError, TypeError, StopIteration, IndexError) as problem:
        raise ArtifactError(f"report {report} is damaged", found=repr(problem)) from problem


def _path(hops: Iterable[Mapping[str, Any]]) -> CriticalPath:
    hops = list(hops)
    routing = sum(hop["delay"] for hop in hops if hop["type"] == "routing")
    source, sink = hops[0]["from"], hops[-1]["to"]
    return CriticalPath(
        f"{source['cell']}.{source['port']}",
        f"{sink['cell']}.{sink['port']}",
        round(sum(hop["delay"] for hop in hops) - routing, 3),
        round(routing, 3),
    )
