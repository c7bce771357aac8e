"""Designs that keep a bound on latency at a load, of units whose answers can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.explore.test_budgets import PART, UNITS, unit
from toolkit.cascade import LoadPoint, StagePace
from toolkit.compile.folding.search import Demand, fastest
from toolkit.core.errors import BadOption, FoldingUnreachable
from toolkit.core.topology import Topology, head, trunk
from toolkit.explore.bound import Bound, estimated_pace, estimated_paces, fastest_early, fastest_static
from toolkit.explore.budgets import sweep

TOPOLOGY = Topology(2)
EARLY = [Demand(part, tuple(UNITS[part]), (1.0, 0.1)[part.k]) for part in TOPOLOGY]
STATIC = [Demand(part, tuple(UNITS[part])) for part in TOPOLOGY.static]
BUDGET = PART._replace(dsp=12)
CLUSTERED = np.tile(np.repeat([1, 0], [10, 90]), 3)


def bound(cycles: float, load: float = 1.0) -> Bound:
    return Bound(cycles, load, CLUSTERED, clock_mhz=1)


def test_a_pace_is_estimated_from_the_units() -> None:
    choice = fastest(EARLY, PART._replace(dsp=8))  # trunk 0 with 4 multipliers, trunk 1 with 2
    assert choice.cycles == {trunk(0): (20,), head(0): (10,), trunk(1): (160,), head(1): (8,)}
    first, late = estimated_paces(choice, TOPOLOGY)
    assert (first.interval, first.logits, first.feature_map) == (20, 30, 20)
    assert (late.interval, late.logits, late.feature_map) == (160, 168, None)
    assert estimated_pace(fastest(STATIC, PART), TOPOLOGY.static).logits == 10 + 10 + 8


def test_a_bound_that_the_fastest_keeps_changes_nothing() -> None:
    assert fastest_early(EARLY, TOPOLOGY, BUDGET, bound(1e6)).key == fastest(EARLY, BUDGET).key


def test_a_tighter_bound_gives_the_late_stage_headroom_and_is_kept() -> None:
    free = fastest(EARLY, BUDGET)
    before = bound(1).point(estimated_paces(free, TOPOLOGY))
    wanted = bound(0.8 * before.mean_latency_cycles)
    found = fastest_early(EARLY, TOPOLOGY, BUDGET, wanted)
    after = wanted.point(estimated_paces(found, TOPOLOGY))
    assert after.mean_latency_cycles <= wanted.cycles < before.mean_latency_cycles
    assert max(found.cycles[trunk(1)]) < max(free.cycles[trunk(1)])
    assert found.resources.within(BUDGET)
    assert after.interval_cycles >= before.interval_cycles, "what the bound costs is throughput, if anything"


def test_the_interval_is_that_at_the_true_shares() -> None:
    """Folded with headroom, the late stage would take 21 cycles per frame if that many more frames came."""
    units = {**UNITS, trunk(0): unit(80, 1, 2, 4), trunk(1): unit(320, *range(1, 33))}
    demands = [replace(each, units=tuple(units[each.part])) for each in EARLY]
    found = fastest_early(demands, TOPOLOGY, PART._replace(dsp=21), bound(60))
    assert (found.interval, found.slowest) == (20, "trunk0 product")
    assert found.interval == estimated_paces(found, TOPOLOGY)[0].interval


def test_a_lower_load_keeps_a_bound_that_full_load_breaks() -> None:
    wanted = 0.8 * bound(1).point(estimated_paces(fastest(EARLY, BUDGET), TOPOLOGY)).mean_latency_cycles
    calm = fastest_early(EARLY, TOPOLOGY, BUDGET, bound(wanted, load=0.2))
    assert calm.key == fastest(EARLY, BUDGET).key


def test_a_bound_that_nothing_keeps_says_what_can_be_had() -> None:
    words = r"12 multipliers at 50% load; expected at most 5.0 us; found at least [\d.]+ us \(estimated\)"
    with pytest.raises(FoldingUnreachable, match=words):
        fastest_early(EARLY, TOPOLOGY, BUDGET, bound(5, load=0.5))
    with pytest.raises(FoldingUnreachable, match=words):
        fastest_static(STATIC, TOPOLOGY.static, BUDGET, bound(5, load=0.5))


def test_the_network_without_early_exits_keeps_it_too() -> None:
    # With 12 multipliers it takes 80 / 2, 320 / 8 and 8 cycles, one after the other.
    assert fastest_static(STATIC, TOPOLOGY.static, BUDGET, bound(88)).interval == 40
    with pytest.raises(FoldingUnreachable):
        fastest_static(STATIC, TOPOLOGY.static, BUDGET, bound(87))


def test_budgets_that_cannot_keep_it_are_left_out_of_the_curve() -> None:
    found = sweep(UNITS, (1.0, 0.1), PART, [8, 12, 64], bound=bound(120))
    assert [pair.budget.dsp for pair in found.pairs] == [12, 64]
    assert {pair.share for pair in found.pairs} == {None}
    assert list(found.refused) == [8]
    with pytest.raises(FoldingUnreachable, match="with 8 multipliers at 100% load; expected at most 120"):
        found.at(8)
    with pytest.raises(FoldingUnreachable, match="8 multipliers at 100% load; expected at most 120"):
        found.first(8)
    with pytest.raises(FoldingUnreachable, match="with 12 multipliers"):
        sweep(UNITS, (1.0, 0.1), PART, [8, 12], bound=bound(5))


class Counting(Bound):
    """Keeps the paces of the designs that are replayed."""

    def point(self, paces: Sequence[StagePace]) -> LoadPoint:
        REPLAYED.append(tuple(paces))
        return super().point(paces)


REPLAYED: list[tuple[StagePace, ...]] = []


def test_a_design_is_replayed_once() -> None:
    REPLAYED.clear()
    fastest_early(EARLY, TOPOLOGY, BUDGET, Counting(1e6, 1.0, CLUSTERED, clock_mhz=1))
    assert 1 < len(REPLAYED) == len(set(REPLAYED)) < 25


@pytest.mark.parametrize(("cycles", "load"), [(0, 1), (-1, 1), (np.nan, 1), (9, 0), (9, 1.1), (9, np.nan)])
def test_a_bound_out_of_range_is_refused(cycles: float, load: float) -> None:
    with pytest.raises(BadOption, match="latency"):
        bound(cycles, load)
