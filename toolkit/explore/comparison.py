"""Early exit against the same network without it, at equal budgets: the gain as a whole curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, log

from toolkit.compile.menu import Resources, Unit
from toolkit.errors import BadOption
from toolkit.explore.optimise import Choice, Demand, fastest

DSP_BUDGETS = (32, 48, 64, 96, 128, 165, 220, 300, 450, 700)
"""Multipliers of the curve, fixed in advance; 165 is the smallest design of ATHEENA's repository."""
REFERENCE = 165


@dataclass(frozen=True)
class Point:
    """Both designs at one budget; ``share``: of the budget's multipliers with which early exit is as fast
    as the baseline with all of them."""

    budget: Resources
    early: Choice
    baseline: Choice
    share: float

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
        floor: cycles per frame below which no folding goes: the slowest unit fully unfolded, a stream's beats.
    """

    points: tuple[Point, ...]
    reach: tuple[float, ...]
    floor: int

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
    menus: Mapping[str, Sequence[Unit]],
    reach: Sequence[float],
    part: Resources,
    dsp_budgets: Sequence[int] = DSP_BUDGETS,
) -> Comparison:
    """Optimise both designs for every budget.

    Args:
        menus: foldings by segment name: trunk0, head0, ...
        reach: share of frames that gets to each stage; the first is 1.
        part: everything the part has; a budget is this with fewer multipliers.
        dsp_budgets: multipliers of each budget.

    Raises:
        BadOption: shares that are none, or not one per exit.
        FoldingUnreachable: a budget that not even the slowest design fits into.
    """
    exits = sum(name.startswith("head") for name in menus)
    if len(reach) != exits or reach[0] != 1 or list(reach) != sorted(reach, reverse=True):
        raise BadOption("shares of frames that reach each stage", expected=f"{exits}, falling from 1", found=reach)
    early = [
        Demand(f"{kind}{k}", tuple(menus[f"{kind}{k}"]), reach[k])
        for k in range(exits)
        for kind in ("trunk", "head")
    ]
    names = [*(f"trunk{k}" for k in range(exits)), f"head{exits - 1}"]
    baseline = [Demand(name, tuple(menus[name])) for name in names]
    points = [_point(early, baseline, part._replace(dsp=dsp)) for dsp in sorted(dsp_budgets)]
    units = [unit for demand in early for unit in demand.units if demand.share == 1]
    floor = max(min(option.cycles for option in unit.options) for unit in units)
    return Comparison(tuple(points), tuple(reach), floor)


def _point(early: Sequence[Demand], baseline: Sequence[Demand], budget: Resources) -> Point:
    static = fastest(baseline, budget)
    return Point(budget, fastest(early, budget), static, _share(early, budget, static.interval))


def _share(early: Sequence[Demand], budget: Resources, interval: float) -> float:
    """Part of the budget's multipliers with which early exit reaches ``interval``."""
    low, high = 1, budget.dsp
    while low < high:
        middle = (low + high) // 2
        if _reaches(early, budget._replace(dsp=middle), interval):
            high = middle
        else:
            low = middle + 1
    return low / budget.dsp


def _reaches(early: Sequence[Demand], budget: Resources, interval: float) -> bool:
    from toolkit.errors import FoldingUnreachable

    try:
        return fastest(early, budget).interval <= interval
    except FoldingUnreachable:
        return False
