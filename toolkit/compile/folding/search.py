"""Searches for the fastest folding within a budget.

A design is a set of segments; each must process a share s of the frames. At ``interval`` cycles per frame of
the design, a segment has ``interval / s`` cycles for each frame that it processes, so the late segments of an
early-exit network can be folded far more (the idea of ATHEENA, arXiv 2304.08400).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from toolkit.compile.folding.candidates import Candidate, Folding, Unit
from toolkit.compile.folding.front import front, unbeaten
from toolkit.core.errors import BadOption, FoldingUnreachable
from toolkit.core.topology import Part
from toolkit.families.resources import Resources

ENDLESS = 1 << 40
"""More of a resource than any chip has."""


@dataclass(frozen=True)
class Demand:
    """One segment of a design: its candidates, and the share of all frames that it must process."""

    part: Part
    units: tuple[Unit, ...]
    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise BadOption(f"share of frames of {self.part}", expected="above 0, up to 1", found=self.share)


@dataclass(frozen=True)
class Choice:
    """A folding of every segment.

    Attributes:
        interval: estimated cycles per frame of the design: the maximum over units of cycles times share.
        foldings: folding of each segment, as the compiler takes it.
        resources: estimated resources, summed over all segments.
        slowest: segment and unit that determine the interval.
        cycles: cycles per frame of each unit of each segment.
    """

    interval: float
    foldings: Mapping[Part, Folding]
    resources: Resources
    slowest: str
    cycles: Mapping[Part, tuple[int, ...]]

    @property
    def key(self) -> str:
        """A text that is equal for equal foldings."""
        return repr(sorted((part.name, folding) for part, folding in self.foldings.items()))

    def at(self, demands: Sequence[Demand]) -> Choice:
        """Return the same foldings where the segments process these shares of the frames."""
        paces = [
            (cycles * demand.share, f"{demand.part} {unit.name}")
            for demand in demands
            for unit, cycles in zip(demand.units, self.cycles[demand.part], strict=True)
        ]
        interval, slowest = max(paces, key=lambda pace: pace[0])
        return replace(self, interval=interval, slowest=slowest)


def fastest(demands: Sequence[Demand], budget: Resources) -> Choice:
    """Return the design with the smallest interval that fits; among equals the one with least resources.

    This is exact with respect to the estimates: a bisection over all intervals that occur, each with the
    Pareto front of foldings.

    Raises:
        FoldingUnreachable: even the slowest folding does not fit; states the resources it needs.
    """
    units = _units(demands)
    intervals = sorted(
        {candidate.cycles * demand.share for demand, unit in units for candidate in unit.candidates}
    )
    low, high = 0, len(intervals) - 1
    if _within(units, intervals[high], budget) is None:
        raise FoldingUnreachable(
            "a design within the budget",
            expected=f"at most {budget}",
            found=_lacks(units, budget),
            fix="Give a larger budget, or take fewer bits or a smaller network: 'offramp boards --networks' "
            "lists what fits.",
        )
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _within(units, intervals[middle], budget) else (middle + 1, high)
    picked = _within(units, intervals[low], budget)
    assert picked is not None  # the bisection ended on an interval that fits
    return _choice(demands, units, picked)


def cheapest(demands: Sequence[Demand], interval: float, budget: Resources) -> Choice | None:
    """Return the smallest design within budget and ``interval``; None if there is none."""
    units = _units(demands)
    picked = _within(units, interval, budget)
    return None if picked is None else _choice(demands, units, picked)


def least_dsp(demands: Sequence[Demand], interval: float, budget: Resources) -> int | None:
    """Return the fewest multipliers of a design within budget and ``interval``; None if there is none."""
    found = front(_at_pace(_units(demands), interval), budget)
    return None if found is None else int(found.totals[:, Resources._fields.index("dsp")].min())


def _units(demands: Sequence[Demand]) -> list[tuple[Demand, Unit]]:
    """Return every unit with its segment, without candidates dominated in cycles and resources."""
    units = []
    for demand in demands:
        for unit in demand.units:
            rows = [(candidate.cycles, *candidate.resources) for candidate in unit.candidates]
            kept = [unit.candidates[i] for i in unbeaten(np.array(rows, np.int64).reshape(-1, 4))]
            units.append((demand, Unit(unit.name, tuple(kept))))
    return units


def _at_pace(units: Sequence[tuple[Demand, Unit]], interval: float) -> list[list[Candidate]]:
    """Return the candidates of each unit that meet the interval."""
    return [[o for o in unit.candidates if o.cycles * demand.share <= interval] for demand, unit in units]


def _within(
    units: Sequence[tuple[Demand, Unit]], interval: float, budget: Resources
) -> list[Candidate] | None:
    """Return the smallest choice of a candidate per unit within interval and budget; None without one."""
    choices = _at_pace(units, interval)
    ways = front(choices, budget)
    if ways is None:
        return None
    picks = ways.picks[ways.cheapest(budget)]
    return [options[pick] for options, pick in zip(choices, picks, strict=True)]


def _lacks(units: Sequence[tuple[Demand, Unit]], budget: Resources) -> str:
    """Say what a design takes at least that is not within a budget however slow it is."""
    every = [[candidate.resources for candidate in unit.candidates] for _, unit in units]
    least = Resources(*(sum(min(amounts[i] for amounts in unit) for unit in every) for i in range(3)))
    if not least.within(budget):
        return f"at least {least}"
    found = []
    for i, name in enumerate(Resources._fields):
        ways = front([unit.candidates for _, unit in units], budget._replace(**{name: ENDLESS}))
        if ways is not None:
            found.append(str(Resources()._replace(**{name: int(ways.totals[:, i].min())})).split(", ")[i])
    return f"with the others as allowed, at least {' or '.join(found)}" if found else "too much of several"


def _choice(
    demands: Sequence[Demand], units: Sequence[tuple[Demand, Unit]], picked: Sequence[Candidate]
) -> Choice:
    foldings: dict[Part, Folding] = {}
    cycles: dict[Part, tuple[int, ...]] = {}
    total = Resources()
    for (demand, _), candidate in zip(units, picked, strict=True):
        foldings[demand.part] = (*foldings.get(demand.part, ()), *candidate.attributes)
        cycles[demand.part] = (*cycles.get(demand.part, ()), candidate.cycles)
        total = total.plus(candidate.resources)
    return Choice(0.0, foldings, total, "", cycles).at(demands)
