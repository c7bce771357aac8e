"""Pareto fronts against their definition."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.compile.folding import strategies
from toolkit.compile.folding.candidates import Unit
from toolkit.compile.folding.front import front, unbeaten
from toolkit.families.resources import Resources

rows = st.lists(st.tuples(*[st.integers(0, 5)] * 3), max_size=25)


@given(rows)
def test_unbeaten_is_what_no_other_row_beats(drawn: list[tuple[int, ...]]) -> None:
    costs = np.array(drawn, np.int64).reshape(-1, 3)
    wanted = [
        i
        for i, mine in enumerate(costs)
        if not any((other <= mine).all() and ((other < mine).any() or j < i) for j, other in enumerate(costs))
    ]
    assert sorted(unbeaten(costs)) == wanted


@given(strategies.units(3), strategies.budgets)
def test_front_is_the_unbeaten_part_of_every_way(units: tuple[Unit, ...], budget: Resources) -> None:
    choices = [unit.candidates for unit in units]
    totals = {
        Resources(*map(sum, zip(*(option.resources for option in ways), strict=True)))
        for ways in product(*choices)
    }
    fitting = np.array(sorted(total for total in totals if total.within(budget)), np.int64).reshape(-1, 3)
    found = front(choices, budget)
    if found is None:
        assert not len(fitting)
        return
    assert {tuple(row) for row in found.totals} == {tuple(fitting[i]) for i in unbeaten(fitting)}
    for total, picks in zip(found.totals, found.picks, strict=True):
        costs = [unit.candidates[pick].resources for unit, pick in zip(units, picks, strict=True)]
        assert tuple(np.sum(costs, axis=0)) == tuple(total)


@given(strategies.units(), strategies.budgets)
def test_cheapest_takes_the_least_of_the_budget(units: tuple[Unit, ...], budget: Resources) -> None:
    found = front([unit.candidates for unit in units], budget)
    if found is not None:
        parts = [sum(a / max(b, 1) for a, b in zip(row, budget, strict=True)) for row in found.totals]
        assert parts[found.cheapest(budget)] == min(parts)


def test_a_unit_without_options_has_no_front() -> None:
    assert front([[]], Resources(9, 9, 9)) is None
