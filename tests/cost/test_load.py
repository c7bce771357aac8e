"""Costs under load by hand: what the host limits, equal rates, queues, and the gain above idle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.cost.test_run import BASELINE, CLOCK, ENERGIES, PYNQ, energy, value
from toolkit.cascade import StagePace
from toolkit.core.topology import head, trunk
from toolkit.cost import AboveIdle, LoadStudy, Setting, cascade_costs
from toolkit.cost.exits import Costs, Loads

STAGES = (
    StagePace(interval=10, logits=15, feature_map=12),
    StagePace(interval=40, logits=50, feature_map=None),
)
EXITS = np.array([1, 1, 0, 0, 0, 0, 0, 0])
FIRST = StagePace(interval=10, logits=14, feature_map=None)


def setting(exits: np.ndarray = EXITS, **changes: Any) -> Setting:
    return Setting(exits=exits, energies=ENERGIES, clock=CLOCK, on=PYNQ, **changes)


def loads(costs: Costs) -> Loads:
    assert costs.loads is not None
    return costs.loads


def test_latency_energy_and_edp_are_of_one_replay() -> None:
    # At 100 MHz a cycle is 10 ns. Stage 1 takes the second frame at 55, which came at 10.
    costs = cascade_costs(STAGES, BASELINE, setting())
    mean = (65 + 95 + 6 * 15) / 8
    assert costs.combined.latency_us == pytest.approx(mean / 100)
    assert costs.combined.interval_us == 0.1
    # Three parts of four leave at exit 0 (1 uJ), the others take 10; idle power is 1.52 W at the input.
    board = value(costs.combined.energy_uj)
    assert board == pytest.approx(0.75 * 1 + 0.25 * 10 + 1.52 * 0.1)
    assert costs.combined.edp == pytest.approx(board * mean / 100)
    assert costs.gain.latency == pytest.approx(120 / mean)
    assert (loads(costs).limited_by, loads(costs).order) == ("stages", "natural")
    assert [one.latency_us for one in costs.exits] == pytest.approx([0.15, 0.65]), "of frames alone"


def test_the_host_limits_early_exit_alone() -> None:
    costs = cascade_costs(STAGES, BASELINE, setting(host_us=0.2))
    assert (costs.combined.interval_us, costs.baseline.interval_us) == pytest.approx((0.2, 0.7))
    assert costs.gain.throughput == pytest.approx(3.5)
    assert loads(costs).limited_by == "host"
    assert loads(costs).early.load == 0.5
    free = cascade_costs(STAGES, BASELINE, setting(host_us=0.2), host=False)
    assert (free.gain.throughput, loads(free).limited_by) == (pytest.approx(7), "stages")
    # A slower rate leaves the second frame less of a queue: it comes at 20, and stage 1 takes it at 55.
    assert costs.combined.latency_us == pytest.approx((65 + 85 + 6 * 15) / 8 / 100)


def test_at_equal_rates_both_pay_the_same_idle_power() -> None:
    costs = cascade_costs(STAGES, BASELINE, setting(), equal_rates=True)
    assert costs.combined.interval_us == costs.baseline.interval_us == pytest.approx(0.7)
    assert costs.gain.throughput == 1
    idle = 1.52 * 0.7
    assert costs.gain.energy == pytest.approx((9.75 + idle) / (3.25 + idle))
    assert costs.combined.latency_us == pytest.approx((2 * 65 + 6 * 15) / 8 / 100), "no queue is left"
    assert costs.gain.edp == pytest.approx(costs.gain.energy * costs.gain.latency)


def test_a_slower_early_exit_sets_the_equal_rate() -> None:
    costs = cascade_costs(STAGES, BASELINE, setting(np.ones(8, np.int64), host_us=1.0), equal_rates=True)
    assert costs.combined.interval_us == costs.baseline.interval_us == 1.0


def test_a_study_has_every_way_in_both_orders() -> None:
    study = LoadStudy.of(STAGES, BASELINE, FIRST, setting(host_us=0.2), 4)
    ways = [(one.loads.limited_by, one.loads.order) for one in study.operations]
    expected = [(way, order) for way in ("host", "stages", "rate") for order in ("natural", "random")]
    assert ways == expected
    for one in study.operations:
        assert one.gain.throughput == pytest.approx(one.baseline.interval_us / one.early.interval_us)
        assert one.gain.latency == pytest.approx(one.baseline.latency_us / one.early.latency_us)
        assert one.early.interval_us == pytest.approx(one.loads.early.interval_cycles / 100)
        assert one.early.latency_us == pytest.approx(one.loads.early.mean_latency_cycles / 100)
    assert (study.first.latency_us, study.first.interval_us) == (0.14, 0.1)
    assert value(study.first.incremental_uj) == 1.0
    latency = [point.mean_latency_cycles for point in study.early_curve if point.order == "natural"]
    assert latency[0] < latency[-1]
    assert {point.mean_latency_cycles for point in study.baseline_curve} == {120}
    assert [one.slots for one in study.buffers] == [4, 8, 16, 32, 64, 128]


def test_a_host_that_keeps_up_is_no_limit_of_its_own() -> None:
    study = LoadStudy.of(STAGES, BASELINE, FIRST, setting(host_us=0.1), 4)
    assert [one.loads.limited_by for one in study.operations] == ["stages", "stages", "rate", "rate"]


def test_a_full_buffer_costs_throughput_and_says_so() -> None:
    clustered = np.repeat([1, 0], [20, 180])
    free, tight = (cascade_costs(STAGES, BASELINE, setting(clustered), slots=n) for n in (None, 2))
    assert loads(tight).early.interval_cycles > loads(free).early.interval_cycles
    assert loads(tight).early.longest_queue[0] > 0 == loads(free).early.longest_queue[0]


def test_gain_above_idle_in_two_ways() -> None:
    # By toggles: no early exit 3 + 8 + 1, mix 3 + 1 + a half of 9. By the model: 9.75 and 1 + a half of 9.
    one = {trunk(0): 3.0, head(0): 1.0, trunk(1): 8.0, head(1): 1.0}
    other = {**one, trunk(1): 17.0}
    found = AboveIdle.of([one, other], ENERGIES, (1.0, 0.5))
    assert (found.low, found.high) == (12 / 8.5, 21 / 13)
    assert found.apportioned == (6 + 25 + 2) / (8 + 13.5)
    assert found.model == 9.75 / (1 + 4.5)
    assert found.frames == 4
    assert energy(1.0).value == 1.0
