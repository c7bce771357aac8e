"""Early exit against the same network without it, over budgets: the gain as a whole curve, estimated."""

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
LEAST_REACH = 1e-3
"""Share of frames that every stage is folded for at least, so that every stage is built."""


@dataclass(frozen=True)
class Pair:
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
class Sweep:
    """The curve.

    Attributes:
        pairs: one per budget, ascending.
        reach: share of frames that gets to each stage, as the designs were folded for.
        floor: cycles per frame below which no folding of early exit goes, whatever the budget: its slowest
            unit fully unfolded (a stream's beats), times its share of the frames.
    """

    pairs: tuple[Pair, ...]
    reach: tuple[float, ...]
    floor: float

    @property
    def geometric_mean(self) -> float:
        """Of the gains."""
        return exp(fsum(log(pair.gain) for pair in self.pairs) / len(self.pairs))

    @property
    def worst(self) -> Pair:
        """The budget with the smallest gain."""
        return min(self.pairs, key=lambda pair: pair.gain)

    def at(self, dsp: int) -> Pair:
        """The designs with so many multipliers.

        Raises:
            BadOption: there is no such budget.
        """
        found = [pair for pair in self.pairs if pair.budget.dsp == dsp]
        if not found:
            expected = f"one of {[pair.budget.dsp for pair in self.pairs]}"
            raise BadOption("multipliers of a budget", expected=expected, found=dsp)
        return found[0]


def planned_reach(exit_rates: Sequence[float]) -> tuple[float, ...]:
    """Share of frames that gets to each stage, :data:`LEAST_REACH` at least, from the share that leaves."""
    return tuple(1.0 if k == 0 else max(LEAST_REACH, sum(exit_rates[k:])) for k in range(len(exit_rates)))


def sweep(
    units: Mapping[Part, Sequence[Unit]],
    reach: Sequence[float],
    part: Resources,
    dsp_budgets: Sequence[int] = DSP_BUDGETS,
) -> Sweep:
    """Optimise both designs for every budget.

    Args:
        units: units of every segment, with their foldings.
        reach: share of frames that gets to each stage; the first is 1.
        part: everything the part has; a budget is this with fewer multipliers.
        dsp_budgets: multipliers of each budget.

    Raises:
        BadOption: segments without their counterparts, shares that are none or not one per exit, no budget.
        FoldingUnreachable: a budget that not even the slowest design fits into.
    """
    topology = Topology.of(units)
    if len(reach) != topology.exits or reach[0] != 1 or list(reach) != sorted(reach, reverse=True):
        wanted = f"{topology.exits}, falling from 1"
        raise BadOption("shares of frames that reach each stage", expected=wanted, found=list(reach))
    if not dsp_budgets:
        raise BadOption("multipliers of the budgets", expected="at least one budget", found="none")
    early = [Demand(one, tuple(units[one]), reach[one.k]) for one in topology]
    baseline = [Demand(one, tuple(units[one])) for one in topology.static]
    pairs = [_pair(early, baseline, part._replace(dsp=dsp)) for dsp in sorted(dsp_budgets)]
    floor = max(min(o.cycles for o in unit.candidates) * each.share for each in early for unit in each.units)
    return Sweep(tuple(pairs), tuple(reach), floor)


def _pair(early: Sequence[Demand], baseline: Sequence[Demand], budget: Resources) -> Pair:
    static = fastest(baseline, budget)
    least = least_dsp(early, static.interval, budget)
    share = None if least is None or not static.resources.dsp else least / static.resources.dsp
    return Pair(budget, fastest(early, budget), static, share)
