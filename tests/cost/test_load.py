"""Costs under load by hand: what the host limits, equal rates, queues, and the gain above idle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.cascade.test_timing import STAGES
from tests.cost import test_run
from tests.cost.test_run import BASELINE, ENERGIES, value
from toolkit.cascade import StagePace
from toolkit.core.topology import head, trunk
from toolkit.cost import AboveIdle, LoadStudy, Setting, cascade_costs

EXITS = np.array([1, 1, 0, 0, 0, 0, 0, 0])
FIRST = StagePace(interval=10, logits=14, feature_map=None)


def setting(exits: np.ndarray = EXITS, **changes: Any) -> Setting:
    return test_run.setting(exits, **changes)


def study(host_us: float) -> LoadStudy:
    on = setting(host_us=host_us)
    return LoadStudy.of(STAGES, BASELINE, FIRST, on, 4, cascade_costs(STAGES, BASELINE, on, slots=4))


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
    assert (costs.loads.limited_by, costs.loads.order) == ("stages", "natural")
    assert [one.latency_us for one in costs.exits] == pytest.approx([0.15, 0.65]), "of frames alone"


def test_the_host_limits_early_exit_alone() -> None:
    costs = cascade_costs(STAGES, BASELINE, setting(host_us=0.2))
    assert (costs.combined.interval_us, costs.baseline.interval_us) == pytest.approx((0.2, 0.7))
    assert costs.gain.throughput == pytest.approx(3.5)
    assert (costs.loads.limited_by, costs.loads.decision_cycles, costs.loads.early.load) == ("host", 20, 1)
    free = cascade_costs(STAGES, BASELINE, setting(host_us=0.2), host=False)
    assert (free.gain.throughput, free.loads.limited_by) == (pytest.approx(7), "stages")
    assert (free.loads.decision_cycles, [one.latency_us for one in free.exits]) == (0, [0.15, 0.65])
    # The second frame comes at 20, is decided on at 55, waits for stage 1 until 75, and is answered at 125.
    assert costs.combined.latency_us == pytest.approx((85 + 105 + 6 * 35) / 8 / 100)
    assert [one.latency_us for one in costs.exits] == pytest.approx([0.35, 0.85]), "of frames alone"


def test_a_decision_takes_whole_cycles() -> None:
    found = [setting(host_us=us).decision_cycles for us in (0, 0.07, 0.071, 16)]
    assert found == [0, 7, 8, 1600]


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
    found = study(0.2)
    ways = [(one.loads.limited_by, one.loads.order) for one in found.operations]
    expected = [(way, order) for way in ("host", "stages", "rate") for order in ("natural", "random")]
    assert ways == expected
    for one in found.operations:
        assert one.gain.throughput == pytest.approx(one.baseline.interval_us / one.early.interval_us)
        assert one.gain.latency == pytest.approx(one.baseline.latency_us / one.early.latency_us)
        assert one.early.interval_us == pytest.approx(one.loads.early.interval_cycles / 100)
        assert one.early.latency_us == pytest.approx(one.loads.early.mean_latency_cycles / 100)
    assert (found.first.latency_us, found.first.interval_us) == (0.14, 0.1)
    assert value(found.first.incremental_uj) == 1.0
    latency = [point.mean_latency_cycles for point in found.early_curve if point.order == "natural"]
    assert latency[0] < latency[-1]
    assert {point.mean_latency_cycles for point in found.baseline_curve} == {120}
    assert [one.slots for one in found.buffers] == [4, 8, 16, 32, 64, 128]


def test_a_host_that_keeps_up_is_no_limit_of_its_own() -> None:
    ways = [(one.loads.limited_by, one.loads.decision_cycles) for one in study(0.1).operations]
    assert ways == [("stages", 10)] * 2 + [("stages", 0)] * 2 + [("rate", 10)] * 2
    assert [one.loads.limited_by for one in study(0).operations] == ["stages"] * 2 + ["rate"] * 2


def test_a_full_buffer_costs_throughput_and_says_so() -> None:
    clustered = np.repeat([1, 0], [20, 180])
    free, tight = (cascade_costs(STAGES, BASELINE, setting(clustered), slots=n) for n in (None, 2))
    assert tight.loads.early.interval_cycles > free.loads.early.interval_cycles
    assert tight.loads.early.longest_queue[0] > 0 == free.loads.early.longest_queue[0]


def test_gain_above_idle_in_two_ways() -> None:
    # By toggles: no early exit 3 + 8 + 1, mix 3 + 1 + a half of 9. By the model: 9.75 and 1 + a half of 9.
    one = {trunk(0): 3.0, head(0): 1.0, trunk(1): 8.0, head(1): 1.0}
    other = {**one, trunk(1): 17.0}
    found = AboveIdle.of([one, other], ENERGIES, (1.0, 0.5))
    assert (found.low, found.high) == (12 / 8.5, 21 / 13)
    assert found.apportioned == (6 + 25 + 2) / (8 + 13.5)
    assert found.model == 9.75 / (1 + 4.5)
    assert found.frames == 4
