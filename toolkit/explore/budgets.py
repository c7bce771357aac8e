"""Estimates the gain of early exit over the same network without it, as a curve over budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, fsum, log

import numpy as np
from numpy.typing import ArrayLike

from toolkit.cascade import reach
from toolkit.compile.folding.candidates import Unit
from toolkit.compile.folding.search import Choice, Demand, fastest, least_dsp
from toolkit.core.errors import BadOption, FoldingUnreachable
from toolkit.core.topology import Part, Topology
from toolkit.explore.bound import Bound, fastest_early, fastest_static
from toolkit.families.resources import Resources

DSP_BUDGETS = (32, 48, 64, 96, 128, 165, 220, 300, 450, 700)
"""Multipliers of each budget of the curve; 165 is the smallest design of ATHEENA's repository."""
NOTHING = Resources()
LEAST_REACH = 1e-3
"""Smallest share of frames for which a stage is folded, so that every stage is built."""


@dataclass(frozen=True)
class Pair:
    """Both designs at one budget.

    Attributes:
        budget: resources that each design may use.
        early, baseline: the fastest designs within the budget.
        share: multipliers with which early exit is as fast as the baseline, divided by those the baseline
            uses (not by the budget, of which it may leave a part unused); None if it is never as fast, or
            not searched for, since the designs keep a bound on latency.
    """

    budget: Resources
    early: Choice
    baseline: Choice
    share: float | None

    @property
    def gain(self) -> float:
        """Ratio of the throughputs of early exit and baseline (estimated)."""
        return self.baseline.interval / self.early.interval


@dataclass(frozen=True)
class Sweep:
    """The curve over all budgets.

    Attributes:
        pairs: both designs of each budget, ascending.
        reach: share of frames that reaches each stage, for which the designs were folded.
        buffer: resources that early exit needs besides its segments, for forks and feature maps. They are
            within every budget, and among the resources of ``early``.
        floor: lower bound of the cycles per frame of early exit with any budget: its slowest unit fully
            unfolded (a stream's beats), times its share of the frames.
        stage: trunk 0 and head 0, of which the network that ends at exit 0 is made.
        bound: bound on latency that all designs keep; None: they are the fastest.
        refused: multipliers of each budget that is left out -> why: no design fits it, or keeps the bound.
    """

    pairs: tuple[Pair, ...]
    reach: tuple[float, ...]
    buffer: Resources
    floor: float
    stage: tuple[Demand, ...]
    bound: Bound | None
    refused: Mapping[int, FoldingUnreachable]

    @property
    def geometric_mean(self) -> float:
        """Geometric mean of the gains."""
        return exp(fsum(log(pair.gain) for pair in self.pairs) / len(self.pairs))

    @property
    def distinct(self) -> int:
        """Number of budgets whose two designs are not both those of another budget before."""
        return len({(pair.early.key, pair.baseline.key) for pair in self.pairs})

    @property
    def worst(self) -> Pair:
        """Pair of the budget with the smallest gain."""
        return min(self.pairs, key=lambda pair: pair.gain)

    def at(self, dsp: int) -> Pair:
        """Return the pair of the budget with so many multipliers.

        Raises:
            BadOption: there is no such budget.
            FoldingUnreachable: no design fits it, or keeps the bound.
        """
        if dsp in self.refused:
            raise self.refused[dsp]
        found = [pair for pair in self.pairs if pair.budget.dsp == dsp]
        if not found:
            expected = f"one of {[pair.budget.dsp for pair in self.pairs]}"
            raise BadOption("multipliers of a budget", expected=expected, found=dsp)
        return found[0]

    def first(self, dsp: int) -> Choice:
        """Return the fastest network that ends at exit 0 within that budget; errors as :meth:`at`."""
        return fastest(self.stage, self.at(dsp).budget)


def planned_reach(exit_rates: ArrayLike) -> tuple[float, ...]:
    """Return the share of frames that reaches each stage, at least :data:`LEAST_REACH`, from exit rates."""
    return 1.0, *np.maximum(reach(exit_rates)[1:], LEAST_REACH).tolist()


def sweep(
    units: Mapping[Part, Sequence[Unit]],
    reach: Sequence[float],
    part: Resources,
    dsp_budgets: Sequence[int] = DSP_BUDGETS,
    buffer: Resources = NOTHING,
    bound: Bound | None = None,
) -> Sweep:
    """Optimise both designs for every budget; budgets within which one cannot be are left out.

    Args:
        units: units of every segment, with their foldings.
        reach: share of frames that reaches each stage; the first is 1.
        part: resources of the part; a budget has fewer multipliers.
        dsp_budgets: multipliers of each budget.
        buffer: resources that early exit needs besides its segments.
        bound: bound on latency that both designs keep.

    Raises:
        BadOption: a trunk or head is missing, shares do not fall from 1 or are not one per exit, or there is
            no budget.
        FoldingUnreachable: every budget is left out; says why the largest is.
    """
    topology = Topology.of(units)
    if len(reach) != topology.exits or reach[0] != 1 or list(reach) != sorted(reach, reverse=True):
        wanted = f"{topology.exits}, falling from 1"
        raise BadOption("shares of frames that reach each stage", expected=wanted, found=list(reach))
    if not dsp_budgets:
        raise BadOption("multipliers of the budgets", expected="at least one budget", found="none")
    early = [Demand(one, tuple(units[one]), reach[one.k]) for one in topology]
    baseline = [Demand(one, tuple(units[one])) for one in topology.static]
    pairs, refused = [], {}
    for dsp in sorted(dsp_budgets):
        try:
            pairs.append(_pair(early, baseline, topology, part._replace(dsp=dsp), buffer, bound))
        except FoldingUnreachable as error:
            refused[dsp] = error
    if not pairs:
        raise refused[max(refused)]
    floor = max(min(o.cycles for o in unit.candidates) * each.share for each in early for unit in each.units)
    stage = tuple(Demand(one, tuple(units[one])) for one in topology.stage(0))
    return Sweep(tuple(pairs), tuple(reach), buffer, floor, stage, bound, refused)


def _pair(
    early: Sequence[Demand],
    baseline: Sequence[Demand],
    topology: Topology,
    budget: Resources,
    buffer: Resources,
    bound: Bound | None,
) -> Pair:
    rest, share = budget.minus(buffer), None
    if bound is None:
        static, found = fastest(baseline, budget), fastest(early, rest)
        least = least_dsp(early, static.interval, rest)
        share = None if least is None or not static.resources.dsp else least / static.resources.dsp
    else:
        static = fastest_static(baseline, topology.static, budget, bound)
        found = fastest_early(early, topology, rest, bound)
    return Pair(
        budget=budget,
        early=replace(found, resources=found.resources.plus(buffer)),
        baseline=static,
        share=share,
    )
