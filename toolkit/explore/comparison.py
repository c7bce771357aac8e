"""Early exit against the same network without it, at equal budgets: the gain as a whole curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, log

from toolkit.compile.folding.candidates import Unit
from toolkit.compile.folding.search import Choice, Demand, fastest, least_dsp
from toolkit.core.errors import BadOption
from toolkit.core.topology import Part, Topology
from toolkit.families.resources import Resources

DSP_BUDGETS = (32, 48, 64, 96, 128, 165, 220, 300, 450, 700)
"""Multipliers of the curve, fixed in advance; 165 is the smallest design of ATHEENA's repository."""
REFERENCE = 165


@dataclass(frozen=True)
class Point:
    """Both designs at one budget.

    Attributes:
        budget: resources that each may take.
        early, baseline: the fastest that fit.
        share: multipliers with which early exit is as fast as the baseline, divided by those the baseline
            takes (not by the budget, part of which it may have no use for). None if it is never as fast.
    """

    budget: Resources
    early: Choice
    baseline: Choice
    share: float | None

    @property
    def gain(self) -> float:
        """Baseline's interval divided by early exit's: how many times the throughput (estimated)."""
        return self.baseline.interval / self.early.interval


@dataclass(frozen=True)
class Comparison:
    """The curve.

    Attributes:
        points: one per budget, ascending.
        reach: share of frames that gets to each stage, as the designs were folded for.
        floor: cycles per frame below which no folding of early exit goes, whatever the budget: its slowest
            unit fully unfolded (a stream's beats), times its share of the frames.
    """

    points: tuple[Point, ...]
    reach: tuple[float, ...]
    floor: float

    @property
    def geometric_mean(self) -> float:
        """Of the gains."""
        return exp(fsum(log(point.gain) for point in self.points) / len(self.points))

    @property
    def worst(self) -> Point:
        """The budget with the smallest gain."""
        return min(self.points, key=lambda point: point.gain)

    def at(self, dsp: int) -> Point:
        """The point with so many multipliers.

        Raises:
            BadOption: there is none.
        """
        found = [point for point in self.points if point.budget.dsp == dsp]
        if not found:
            expected = f"one of {[point.budget.dsp for point in self.points]}"
            raise BadOption("multipliers of a budget", expected=expected, found=dsp)
        return found[0]


def compare(
    segments: Mapping[Part, Sequence[Unit]],
    reach: Sequence[float],
    part: Resources,
    dsp_budgets: Sequence[int] = DSP_BUDGETS,
) -> Comparison:
    """Optimise both designs for every budget.

    Args:
        segments: foldings of every segment.
        reach: share of frames that gets to each stage; the first is 1.
        part: everything the part has; a budget is this with fewer multipliers.
        dsp_budgets: multipliers of each budget.

    Raises:
        BadOption: segments without their counterparts, shares that are none or not one per exit, no budget.
        FoldingUnreachable: a budget that not even the slowest design fits into.
    """
    topology = Topology.of(segments)
    if len(reach) != topology.exits or reach[0] != 1 or list(reach) != sorted(reach, reverse=True):
        wanted = f"{topology.exits}, falling from 1"
        raise BadOption("shares of frames that reach each stage", expected=wanted, found=list(reach))
    if not dsp_budgets:
        raise BadOption("multipliers of the budgets", expected="at least one budget", found="none")
    early = [Demand(part, tuple(segments[part]), reach[part.k]) for part in topology]
    baseline = [Demand(part, tuple(segments[part])) for part in topology.static]
    points = [_point(early, baseline, part._replace(dsp=dsp)) for dsp in sorted(dsp_budgets)]
    floor = max(min(o.cycles for o in unit.candidates) * each.share for each in early for unit in each.units)
    return Comparison(tuple(points), tuple(reach), floor)


def _point(early: Sequence[Demand], baseline: Sequence[Demand], budget: Resources) -> Point:
    static = fastest(baseline, budget)
    least = least_dsp(early, static.interval, budget)
    share = None if least is None or not static.resources.dsp else least / static.resources.dsp
    return Point(budget, fastest(early, budget), static, share)
