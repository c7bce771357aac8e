"""Searches for the fastest design that keeps a bound on latency while frames come at a given load.

A late stage that is folded for just the share of frames that reaches it is busy nearly all the time, and hard
frames queue before it. With headroom (folded for a larger share) it waits more and they wait less; the search
tries headrooms, and replays calibration frames in their order on each design.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toolkit.cascade import LoadPoint, Served, StagePace
from toolkit.compile.folding.search import Choice, Demand, fastest
from toolkit.core.errors import BadOption, FoldingUnreachable
from toolkit.core.topology import Part, Topology, trunk
from toolkit.families.resources import Resources

HEADROOMS = 25
"""Number of shares for which late stages are folded, from those of the frames up to all frames."""


@dataclass(frozen=True)
class Bound:
    """A bound on the mean latency.

    Attributes:
        latency_us: largest mean latency, from a frame's arrival to its answer, if the decision takes no time.
        load: frames offered, as a share of those that the design can take in the long run.
        exits: exit of each frame, int64 [N], in their order.
        clock_mhz: clock of the designs.
        slots: feature maps that the buffer in front of each later stage holds; None: any number.

    Raises:
        BadOption: bound or load is out of range.
    """

    latency_us: float
    load: float
    exits: NDArray[np.int64]
    clock_mhz: float
    slots: int | None = None

    def __post_init__(self) -> None:
        if not self.latency_us > 0:
            raise BadOption("bound on latency, in us", expected="above 0", found=self.latency_us)
        if not 0 < self.load <= 1:
            raise BadOption("load of a bound on latency", expected="above 0, up to 1", found=self.load)

    @property
    def cycles(self) -> float:
        """The largest mean latency in clock cycles."""
        return self.latency_us * self.clock_mhz

    def point(self, paces: Sequence[StagePace]) -> LoadPoint:
        """Replay the frames on a design; on one with a single stage, all leave there."""
        exits = self.exits if len(paces) > 1 else np.zeros_like(self.exits)
        served = Served(exits, tuple(paces), self.slots)
        return served.at(served.interval / self.load, "natural")


def estimated_paces(choice: Choice, topology: Topology) -> tuple[StagePace, ...]:
    """Estimate the pace of every stage; a frame takes at most the cycles of its units one after the other."""
    maps = [
        sum(sum(choice.cycles[part]) for part in topology.cut(trunk(k))) if k < topology.last else None
        for k in topology.indices
    ]
    return tuple(
        estimated_pace(choice, topology.stage(k)).model_copy(update={"feature_map": branch})
        for k, branch in enumerate(maps)
    )


def estimated_pace(choice: Choice, parts: Sequence[Part]) -> StagePace:
    """Estimate the pace of a chain of parts as one stage."""
    cycles = [each for part in parts for each in choice.cycles[part]]
    return StagePace(interval=max(cycles), logits=sum(cycles), feature_map=None)


def fastest_early(demands: Sequence[Demand], topology: Topology, budget: Resources, bound: Bound) -> Choice:
    """Return the design with early exits that takes most frames at the bound's load and keeps the bound.

    Args:
        demands: segments with the share of frames that each must process.
        topology: parts of the network.
        budget: resources of the design.
        bound: bound on latency.

    Raises:
        FoldingUnreachable: no design within the budget keeps it; states the least latency that was found.
    """
    best: tuple[float, float, Choice] | None = None
    least = np.inf
    late, seen = min(demand.share for demand in demands), set()
    for headroom in np.geomspace(1, 1 / late, HEADROOMS):
        wider = [replace(each, share=min(1.0, each.share * headroom)) for each in demands]
        choice = fastest(wider, budget)
        if choice.key in seen:
            continue
        seen.add(choice.key)
        point = bound.point(estimated_paces(choice, topology))
        least = min(least, point.mean_latency_cycles)
        key = (point.interval_cycles, point.mean_latency_cycles)
        if point.mean_latency_cycles <= bound.cycles and (best is None or key < best[:2]):
            best = (*key, choice)
    if best is None:
        raise _unreachable(bound, budget, least)
    return best[2].at(demands)


def fastest_static(
    demands: Sequence[Demand], parts: Sequence[Part], budget: Resources, bound: Bound
) -> Choice:
    """Return the fastest design without early exits, which must keep the bound as well; errors as above."""
    choice = fastest(demands, budget)
    found = bound.point([estimated_pace(choice, parts)]).mean_latency_cycles
    if found > bound.cycles:
        raise _unreachable(bound, budget, found)
    return choice


def _unreachable(bound: Bound, budget: Resources, least: float) -> FoldingUnreachable:
    return FoldingUnreachable(
        f"mean latency of a design with {budget.dsp} multipliers at {bound.load:.0%} load",
        expected=f"at most {bound.latency_us:,.1f} us",
        found=f"at least {least / bound.clock_mhz:,.1f} us (estimated)",
        fix="Give a larger bound (--latency-bound-us) or a lower --load; a larger budget helps as well.",
    )
