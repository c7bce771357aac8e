"""The costs of a run: from the paces of its stages, on disk, and at other exit rates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.boards import board
from toolkit.cascade import StagePace
from toolkit.core.errors import ArtifactError
from toolkit.core.topology import Part, Topology, head, trunk
from toolkit.cost import (
    AboveIdle,
    Clock,
    Energy,
    MeanTerms,
    RunCosts,
    Setting,
    cascade_costs,
    segment_energies,
    total,
)
from toolkit.cost.exits import Costs, Work, exit_costs

CLOCK = Clock(value=100, provenance="requested", source="by hand")
PYNQ = board("pynq-z2")
STAGES = (
    StagePace(interval=50, logits=100, feature_map=60),
    StagePace(interval=45, logits=90, feature_map=None),
)
BASELINE = StagePace(interval=70, logits=120, feature_map=None)


def energy(value: float) -> Energy:
    return Energy(value=value, low=value / 2, high=value * 2, provenance="estimated", source="a guess")


ENERGIES: dict[Part, Energy] = {
    trunk(0): energy(0.75),
    head(0): energy(0.25),
    trunk(1): energy(8.0),
    head(1): energy(1.0),
}


EXITS = np.array([0, 0, 0, 1, 1])


def setting(exits: np.ndarray = EXITS, **changes: Any) -> Setting:
    return Setting(**{"exits": exits, "energies": ENERGIES, "clock": CLOCK, "on": PYNQ, **changes})


def costs(host_cycles: int = 0, **changes: Any) -> Costs:
    return cascade_costs(STAGES, BASELINE, setting(host_cycles=host_cycles), **changes)


def value(figure: Energy | None) -> float:
    assert figure is not None
    return figure.value


def test_latency_is_the_way_through_the_stages() -> None:
    assert [one.latency_us for one in costs().exits] == pytest.approx([1.0, 1.9])
    assert [one.latency_us for one in costs(host_cycles=10).exits] == pytest.approx([1.0, 2.0])
    assert costs().baseline.latency_us == 1.2


def test_early_heads_are_paid_for_and_the_baseline_has_none() -> None:
    found = costs()
    assert [value(one.incremental_uj) for one in found.exits] == [1.0, 10.0]
    assert value(found.baseline.incremental_uj) == 0.75 + 8 + 1


def test_eleven_exits_are_taken_in_order() -> None:
    """Text order would put trunk10 before trunk2."""
    topology = Topology(11)
    stages = [StagePace(interval=10, logits=10 + k, feature_map=100) for k in topology.indices]
    energies = {part: energy(1.0 + part.k) for part in sorted(topology, key=str)}
    found = cascade_costs(stages, BASELINE, setting(np.array([10, 10]), energies=energies))
    assert found.exits[10].latency_us == pytest.approx((10 * 100 + 20) / 100)
    assert value(found.exits[2].incremental_uj) == pytest.approx(2 * (1 + 2 + 3))
    assert value(found.baseline.incremental_uj) == pytest.approx(sum(range(1, 12)) + 11)


@given(rates=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_means_are_what_the_cost_model_says(rates: list[float]) -> None:
    """The model itself at the same exit rates."""
    found = MeanTerms.of(costs(), STAGES).at(np.array([(rate, 1 - rate) for rate in rates]))
    works = [Work(100, 50, energy(1)), Work(190, 45, energy(9))]
    for index, rate in enumerate(rates):
        mix = exit_costs(works, (rate, 1 - rate), Work(90, 45, energy(9)), CLOCK, PYNQ).combined
        for name in ("energy_uj", "incremental_uj"):
            values, figure = found[name], getattr(mix, name)
            assert values is not None
            assert values[index] == pytest.approx(figure.value)
        assert found["latency_us"] is not None
        assert found["latency_us"][index] == pytest.approx(mix.latency_us)


def test_a_measured_whole_is_divided_by_who_was_there() -> None:
    toggles = {trunk(0): 30.0, head(0): 10.0, trunk(1): 80.0, head(1): 40.0}
    whole = energy(10.0).model_copy(update={"provenance": "measured"})
    found = segment_energies(whole, [toggles, toggles], (1.0, 0.5))
    assert "4 test frames" in found[trunk(0)].source
    assert {part.name: one.value for part, one in found.items()} == {
        "trunk0": 3.0,
        "head0": 1.0,
        "trunk1": 8.0,
        "head1": 4.0,
    }
    assert total(found.values()).provenance == "estimated"


@pytest.fixture
def run_costs() -> RunCosts:
    above = AboveIdle(frames=8, apportioned=2.0, low=1.5, high=2.5, model=2.25)
    reference = (STAGES, BASELINE, BASELINE)
    return RunCosts.of((STAGES, BASELINE), reference, 8, setting(host_us=1.0), above)


def test_read_back(run_costs: RunCosts, tmp_path: Path) -> None:
    run_costs.save(tmp_path)
    assert RunCosts.load(tmp_path) == run_costs
    words = "uJ per frame on pynq-z2 (estimated) under load, natural order, decision in 1 us; against"
    assert words in run_costs.summary()


def test_costs_of_other_exit_rates_are_refused(run_costs: RunCosts, tmp_path: Path) -> None:
    run_costs.require((0.6, 0.4), tmp_path)
    for rates in ((0.5, 0.5), (1.0,)):
        with pytest.raises(ArtifactError, match=r"exit rates in .*costs\.json"):
            run_costs.require(rates, tmp_path)
