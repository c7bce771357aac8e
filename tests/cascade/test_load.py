"""Points and curves of latency over load, by hand and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cascade.test_timing import STAGES
from toolkit.cascade import Served, Spread, StagePace
from toolkit.cascade.load import ORDERS
from toolkit.core.errors import BadOption

EXITS = np.array([1, 1, 0, 0, 0, 0, 0, 0])


def test_a_point_by_hand() -> None:
    # Frames 0 and 1 are at stage 1 at 15 and 25; it takes the second at 55 and answers it 50 later.
    point = Served(EXITS, STAGES).at(10, "natural")
    assert point.latency_cycles == Spread(min=15, median=15, p99=95, max=95)
    assert point.mean_latency_cycles == (65 + 95 + 6 * 15) / 8
    assert (point.load, point.offered_cycles, point.interval_cycles) == (1, 10, 10)
    assert point.longest_queue == (0, 1)


def test_the_hosts_decision_is_in_latency_and_rate() -> None:
    served = Served(EXITS, STAGES, decision_cycles=20)
    assert (served.interval, served.host_limits) == (20, True)
    point = served.at(20, "natural")
    # Frame 1 comes at 20, is at stage 1 at 55, enters it at 75 and is answered at 125.
    assert point.mean_latency_cycles == (35 + 50 + 105 + 6 * 35) / 8
    assert (point.load, Served(EXITS, STAGES, decision_cycles=10).host_limits) == (1, False)


def test_alone_is_the_limit_of_little_load() -> None:
    point = Served(EXITS, STAGES).at(10_000, "natural")
    assert point.mean_latency_cycles == (2 * 65 + 6 * 15) / 8
    assert point.load == 10 / 10_000


def test_random_orders_are_seeded_and_are_the_same_frames() -> None:
    served = Served(np.repeat([0, 1], [950, 50]), STAGES)
    first, again = (served.at(10, "random") for _ in range(2))
    assert first == again
    other = Served(served.exits, STAGES, seed=1).at(10, "random")
    assert other != first
    # The hard frames come in one cluster in the natural order: the queue grows, and latency with it.
    clustered = served.at(10, "natural")
    assert clustered.longest_queue[1] > first.longest_queue[1]
    assert clustered.mean_latency_cycles > 2 * first.mean_latency_cycles


def test_more_than_the_stages_can_take_is_said() -> None:
    served = Served(np.array([0, 1] * 50), STAGES, slots=4)
    point = served.at(10, "natural")
    assert (served.interval, point.load) == (20, 2)
    assert point.interval_cycles >= 20
    assert point.longest_queue[0] > 20
    assert point.longest_queue[1] <= 3


def test_one_stage_has_one_order() -> None:
    random = Served(EXITS[EXITS == 0], STAGES[:1], slots=1).at(10, "random")
    assert random == Served(EXITS[EXITS == 0], STAGES[:1], slots=1).at(10, "natural").model_copy(
        update={"order": "random"}
    )


def test_the_network_without_early_exits_waits_for_no_one() -> None:
    served = Served.static(50, StagePace(interval=40, logits=70, feature_map=None))
    assert {point.mean_latency_cycles for point in served.curve("natural")} == {70}
    assert served.at(20, "natural").interval_cycles == 40


@given(st.lists(st.integers(0, 1), min_size=1, max_size=60), st.sampled_from([None, 2, 5]))
def test_latency_never_falls_with_load(exits: list[int], slots: int | None) -> None:
    for order in ORDERS:
        served = Served(np.array(exits), STAGES, slots)
        # Loads of which each interval is a multiple of the next: arrivals of every frame come earlier.
        curve = served.curve(order, (0.125, 0.25, 0.5, 1.0))
        latency = [point.mean_latency_cycles for point in curve]
        assert latency == sorted(latency)
        assert [point.load for point in curve] == pytest.approx([0.125, 0.25, 0.5, 1.0])


@pytest.mark.parametrize("cycles", [0, -1, np.inf, np.nan])
def test_no_rate_is_refused(cycles: float) -> None:
    with pytest.raises(BadOption, match="cycles between two frames; expected above 0"):
        Served(EXITS, STAGES).at(cycles, "natural")
