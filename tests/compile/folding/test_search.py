"""The optimiser against every combination of foldings."""

from __future__ import annotations

import pytest
from hypothesis import assume, given

from tests.compile.folding import strategies
from toolkit.compile.folding.candidates import Candidate, Unit
from toolkit.compile.folding.search import Demand, fastest, least_dsp
from toolkit.core.errors import BadOption, FoldingUnreachable
from toolkit.core.topology import trunk
from toolkit.families.resources import Resources


def part_of(budget: Resources, total: Resources) -> float:
    return sum(a / max(b, 1) for a, b in zip(total, budget, strict=True))


@given(strategies.demands(), strategies.budgets)
def test_fastest_equals_brute_force(demands: list[Demand], budget: Resources) -> None:
    fitting = [way for way in strategies.every_way(demands) if way[1].within(budget)]
    if not fitting:
        with pytest.raises(FoldingUnreachable):
            fastest(demands, budget)
        return
    found = fastest(demands, budget)
    pace = min(interval for interval, _, _ in fitting)
    assert found.interval == pace
    assert found.resources.within(budget)
    least = min(part_of(budget, total) for interval, total, _ in fitting if interval == pace)
    assert part_of(budget, found.resources) == pytest.approx(least)


@given(strategies.demands(), strategies.budgets)
def test_what_is_said_of_a_choice_is_true_of_its_foldings(demands: list[Demand], budget: Resources) -> None:
    try:
        found = fastest(demands, budget)
    except FoldingUnreachable:
        assume(False)
    assert list(found.foldings) == [demand.part for demand in demands]
    total, pace = Resources(), {}
    for demand in demands:
        for unit, attributes in zip(demand.units, found.foldings[demand.part], strict=True):
            (option,) = [option for option in unit.candidates if option.attributes == (attributes,)]
            total = total.plus(option.resources)
            pace[f"{demand.part} {unit.name}"] = option.cycles * demand.share
    assert (total, max(pace.values())) == (found.resources, found.interval)
    assert pace[found.slowest] == found.interval


@given(strategies.demands(), strategies.budgets)
def test_a_larger_budget_is_never_slower(demands: list[Demand], budget: Resources) -> None:
    try:
        small = fastest(demands, budget)
    except FoldingUnreachable:
        assume(False)
    assert fastest(demands, budget.plus(Resources(3, 3, 3))).interval <= small.interval


@given(strategies.demands(), strategies.budgets)
def test_least_dsp_equals_brute_force(demands: list[Demand], budget: Resources) -> None:
    ways = strategies.every_way(demands)
    for wanted in sorted({interval for interval, _, _ in ways})[::5]:
        dsp = [total.dsp for pace, total, _ in ways if pace <= wanted and total.within(budget)]
        assert least_dsp(demands, wanted, budget) == (min(dsp) if dsp else None)


def test_a_late_segment_gets_less() -> None:
    """Two equal segments, the second seen by a tenth of the frames: it is folded ten times as far."""
    options = tuple(Candidate(((("PE", n),),), 100 // n, n, Resources(dsp=n)) for n in (1, 2, 5, 10))
    unit = (Unit("product", options),)
    both = fastest([Demand(trunk(0), unit), Demand(trunk(1), unit, 0.1)], Resources(0, 0, 11))
    assert both.foldings == {trunk(0): ((("PE", 10),),), trunk(1): ((("PE", 1),),)}
    assert (both.interval, both.resources.dsp) == (10, 11)
    with pytest.raises(FoldingUnreachable, match="at least 0 LUT, 0 block RAMs, 2 DSP"):
        fastest([Demand(trunk(0), unit), Demand(trunk(1), unit, 0.1)], Resources(0, 0, 1))


def test_each_amount_fits_by_itself() -> None:
    """The message says what is lacking where the others stay as they are."""
    options = tuple(Candidate((), 1, 1, Resources(*amounts)) for amounts in ((10, 0, 0), (1, 0, 5)))
    one = [Demand(trunk(0), (Unit("product", options),))]
    with pytest.raises(FoldingUnreachable, match="with the others as allowed, at least 10 LUT or 5 DSP"):
        fastest(one, Resources(5, 0, 2))
    memory = tuple(Candidate((), 1, 1, Resources(*amounts)) for amounts in ((9, 0, 9), (1, 1, 9), (1, 9, 1)))
    with pytest.raises(FoldingUnreachable, match="too much of several"):
        fastest([*one, Demand(trunk(1), (Unit("memory", memory),))], Resources(5, 0, 2))


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(BadOption, match="share of frames of trunk0"):
        Demand(trunk(0), (), share)
