"""Timing of a cascade against a simulation frame by frame, and its corner cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.cascade import StagePace, interval_at
from toolkit.cascade.result import Spread
from toolkit.cascade.timing import frame_times, in_bursts
from toolkit.core.errors import BadOption


def pace(interval: int, logits: int, feature_map: int | None) -> StagePace:
    return StagePace(interval=interval, logits=logits, feature_map=feature_map)


PACES = st.builds(pace, st.integers(1, 40), st.integers(1, 90), st.integers(1, 60))


def one_by_one(exits: list[int], paces: list[StagePace], host: int) -> tuple[list[int], list[int]]:
    """Latency of each frame and the longest queue of each stage, by walking through its frames."""
    entered = [k * paces[0].interval for k in range(len(exits))]
    arrivals, latency, queues = dict(enumerate(entered)), [0] * len(exits), []
    for k, pace in enumerate(paces):
        free, entries = 0, {}
        for frame, arrival in arrivals.items():
            entries[frame] = max(arrival, free)
            free = entries[frame] + pace.interval
        waits = [
            sum(arrivals[other] <= now < entries[other] for other in arrivals) for now in arrivals.values()
        ]
        queues.append(max(waits, default=0))
        for frame, entry in entries.items():
            if exits[frame] == k:
                latency[frame] = entry + pace.logits - entered[frame]
        stay = [frame for frame in entries if exits[frame] > k]
        arrivals = {frame: entries[frame] + (pace.feature_map or 0) + host for frame in stay}
    return latency, queues


@given(st.data(), st.integers(1, 3), st.integers(0, 30))
def test_as_a_walk_through_the_frames(data: st.DataObject, stages: int, host: int) -> None:
    paces = data.draw(st.lists(PACES, min_size=stages, max_size=stages))
    exits = data.draw(st.lists(st.integers(0, stages - 1), min_size=1, max_size=40))
    found = frame_times(np.array(exits), paces, host)
    latency, queues = one_by_one(exits, paces, host)
    assert found.latency.tolist() == latency
    assert list(found.longest_queue) == queues
    answered = [at + k * paces[0].interval for k, at in enumerate(latency)]
    assert found.interval == (max(answered) + 1) / len(exits)


@given(st.lists(st.integers(0, 2), max_size=60), st.integers(1, 9))
def test_bursts_are_the_same_frames(exits: list[int], length: int) -> None:
    found = in_bursts(np.array(exits, np.int64), length)
    assert sorted(found.tolist()) == sorted(exits)
    assert [exit_ for exit_ in found if exit_] == [exit_ for exit_ in exits if exit_]


def test_bursts_are_apart_and_fill_the_queue() -> None:
    exits = np.array([0] * 80 + [1] * 8)
    grouped = in_bursts(exits, 4)
    assert np.flatnonzero(grouped).tolist() == [0, 1, 2, 3, 44, 45, 46, 47]
    paces = [pace(10, 30, 25), pace(100, 200, None)]
    burst, spread = frame_times(grouped, paces), frame_times(np.tile([1] + [0] * 10, 8), paces)
    assert burst.longest_queue == (0, 3)
    assert spread.longest_queue == (0, 0)
    # The last of a burst arrives 30 cycles after the first and waits for three whole intervals.
    assert Spread.of(burst.latency) == Spread(min=30, median=30, p99=25 + 200 + 3 * (100 - 10), max=495)


def test_the_slowest_stage_sets_the_pace() -> None:
    paces = [pace(10, 30, 25), pace(100, 200, None)]
    rates = np.array([[1.0, 0.0], [0.95, 0.05], [0.9, 0.1], [0.5, 0.5]])
    assert interval_at(rates, paces).tolist() == pytest.approx([10, 10, 10, 50])
    exits = np.tile([0] * 9 + [1], 300)
    assert frame_times(exits, paces).interval == pytest.approx(10, rel=0.05)
    assert frame_times(np.tile([0, 1], 1500), paces).interval == pytest.approx(50, rel=0.05)


@pytest.mark.parametrize("exits", [[], [2], [-1]])
def test_exits_that_have_no_stage(exits: list[int]) -> None:
    with pytest.raises(BadOption, match="exits of the frames; expected 0 to 1 for each"):
        frame_times(np.array(exits, np.int64), [pace(1, 2, 1), pace(1, 2, None)])


def test_a_stage_in_front_of_another_needs_a_feature_map() -> None:
    with pytest.raises(BadOption, match="stage 0; expected a feature map"):
        frame_times(np.array([1]), [pace(1, 2, None), pace(1, 2, None)])
