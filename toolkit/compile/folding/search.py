"""The fastest folding within a budget.

A design is a set of segments; each must serve a share of the frames. At ``interval`` cycles per frame of the
whole, a segment that sees the share s has ``interval / s`` cycles for each of its own frames, so the late
segments of an early-exit network can be folded far more (the idea of ATHEENA, arXiv 2304.08400).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.compile.folding.candidates import Candidate, Folding, Unit
from toolkit.compile.folding.front import front, unbeaten
from toolkit.core.errors import BadOption, FoldingUnreachable
from toolkit.core.topology import Part
from toolkit.families.resources import Resources


@dataclass(frozen=True)
class Demand:
    """One segment of a design: its foldings, and the share of all frames that it must serve."""

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
        interval: cycles per frame of the whole design, estimated: its slowest unit times its share.
        foldings: by segment, what the compiler takes.
        resources: estimated, the sum over all segments.
        slowest: segment and unit that set the interval.
    """

    interval: float
    foldings: Mapping[Part, Folding]
    resources: Resources
    slowest: str


def fastest(demands: Sequence[Demand], budget: Resources) -> Choice:
    """The design of the smallest interval that fits; of those that reach it, the one that takes least.

    Exact with respect to the estimates: intervals are searched by bisection over all that occur, and for each
    every unbeaten combination of foldings is kept.

    Raises:
        FoldingUnreachable: even the slowest folding does not fit; says what it takes.
    """
    units = _units(demands)
    intervals = sorted(
        {candidate.cycles * demand.share for demand, unit in units for candidate in unit.candidates}
    )
    low, high = 0, len(intervals) - 1
    if _within(units, intervals[high], budget) is None:
        least = [
            min(candidate.resources[i] for candidate in unit.candidates)
            for _, unit in units
            for i in range(3)
        ]
        found = Resources(*(sum(least[i::3]) for i in range(3)))
        fix = "Give a larger budget."
        raise FoldingUnreachable(
            "a design within the budget", expected=f"at most {budget}", found=f"at least {found}", fix=fix
        )
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _within(units, intervals[middle], budget) else (middle + 1, high)
    picked = _within(units, intervals[low], budget)
    assert picked is not None  # the bisection ended on an interval that fits
    return _choice(units, picked)


def cheapest(demands: Sequence[Demand], interval: float, budget: Resources) -> Choice | None:
    """The design within the budget that keeps to ``interval`` and takes as little of it as possible."""
    units = _units(demands)
    picked = _within(units, interval, budget)
    return None if picked is None else _choice(units, picked)


def least_dsp(demands: Sequence[Demand], interval: float, budget: Resources) -> int | None:
    """Fewest multipliers of a design within the budget that keeps to ``interval``; None if none does."""
    found = front(_at_pace(_units(demands), interval), budget)
    return None if found is None else int(found.totals[:, Resources._fields.index("dsp")].min())


def _units(demands: Sequence[Demand]) -> list[tuple[Demand, Unit]]:
    """Every unit with its segment, without the options that another beats in cycles and all resources."""
    units = []
    for demand in demands:
        for unit in demand.units:
            rows = [(candidate.cycles, *candidate.resources) for candidate in unit.candidates]
            kept = [unit.candidates[i] for i in unbeaten(np.array(rows, np.int64).reshape(-1, 4))]
            units.append((demand, Unit(unit.name, tuple(kept))))
    return units


def _at_pace(units: Sequence[tuple[Demand, Unit]], interval: float) -> list[list[Candidate]]:
    """The options of each unit that keep to the interval."""
    return [[o for o in unit.candidates if o.cycles * demand.share <= interval] for demand, unit in units]


def _within(
    units: Sequence[tuple[Demand, Unit]], interval: float, budget: Resources
) -> list[Candidate] | None:
    """An candidate per unit that keeps to the interval and the budget, taking as little of it as possible."""
    choices = _at_pace(units, interval)
    ways = front(choices, budget)
    if ways is None:
        return None
    picks = ways.picks[ways.cheapest(budget)]
    return [options[pick] for options, pick in zip(choices, picks, strict=True)]


def _choice(units: Sequence[tuple[Demand, Unit]], picked: Sequence[Candidate]) -> Choice:
    foldings: dict[Part, Folding] = {}
    total, interval, slowest = Resources(), 0.0, ""
    for (demand, unit), candidate in zip(units, picked, strict=True):
        foldings[demand.part] = (*foldings.get(demand.part, ()), *candidate.attributes)
        total = total.plus(candidate.resources)
        if candidate.cycles * demand.share > interval:
            interval, slowest = candidate.cycles * demand.share, f"{demand.part} {unit.name}"
    return Choice(interval, foldings, total, slowest)
