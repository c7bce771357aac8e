"""Timing of a cascade against a simulation frame by frame, and its corner cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.cascade import Spread, StagePace, exit_rates, interval_at, reach
from toolkit.cascade.timing import frame_times, in_bursts
from toolkit.core.errors import BadOption


def pace(interval: int, logits: int, feature_map: int | None) -> StagePace:
    return StagePace(interval=interval, logits=logits, feature_map=feature_map)


STAGES = (pace(10, 15, 12), pace(40, 50, None))
"""Two stages whose queues can be worked out by hand."""
PACES = st.builds(pace, st.integers(1, 40), st.integers(1, 90), st.integers(1, 60))


def one_by_one(
    exits: list[int], paces: list[StagePace], host: int, decision: int = 0
) -> tuple[list[int], list[int]]:
    """Latency of each frame and the longest queue of each stage, by walking through its frames."""
    entered = [k * paces[0].interval for k in range(len(exits))]
    arrivals, latency, queues = dict(enumerate(entered)), [0] * len(exits), []
    for k, pace in enumerate(paces):
        free, told, entries, answers = 0, 0, {}, {}
        for frame, arrival in arrivals.items():
            entries[frame] = max(arrival, free)
            free = entries[frame] + pace.interval
            told = max(entries[frame] + pace.logits, told) + (decision if k + 1 < len(paces) else 0)
            answers[frame] = told
        waits = [
            sum(arrivals[other] <= now < entries[other] for other in arrivals) for now in arrivals.values()
        ]
        queues.append(max(waits, default=0))
        for frame in entries:
            if exits[frame] == k:
                latency[frame] = answers[frame] - entered[frame]
        arrivals = {
            frame: max(answers[frame], entry + (pace.feature_map or 0)) + host
            for frame, entry in entries.items()
            if exits[frame] > k
        }
    return latency, queues


@given(st.data(), st.integers(1, 3), st.integers(0, 30), st.integers(0, 50))
def test_as_a_walk_through_the_frames(data: st.DataObject, stages: int, host: int, decision: int) -> None:
    paces = data.draw(st.lists(PACES, min_size=stages, max_size=stages))
    exits = data.draw(st.lists(st.integers(0, stages - 1), min_size=1, max_size=40))
    found = frame_times(np.array(exits), paces, host, decision_cycles=decision)
    latency, queues = one_by_one(exits, paces, host, decision)
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
    assert Spread.of(burst.latency) == Spread(min=30, median=30, p99=30 + 200 + 3 * (100 - 10), max=500)


def test_rates_and_reach() -> None:
    rates = exit_rates(np.array([0, 2, 0, 2]), 4)
    assert rates.tolist() == [0.5, 0, 0.5, 0]
    assert reach(rates).tolist() == [1, 0.5, 0.5, 0]
    assert reach([(1, 0), (0.25, 0.75)]).tolist() == [[1, 0], [1, 0.75]]
    tenths = reach([0.1] * 10)
    assert (tenths[0], np.cumsum([0.1] * 10)[-1]) == (1, 1 - 2**-53), "no frame is lost to rounding"


def test_a_host_decides_behind_every_stage_but_the_last() -> None:
    paces = [pace(10, 30, 25), pace(10, 30, 25), pace(10, 30, None)]
    rates = np.array([[0.5, 0.25, 0.25], [1, 0, 0]])
    assert interval_at(rates, paces, 8).tolist() == [8 + 4, 10]
    assert interval_at(np.array([1.0]), paces[:1], 1000) == 10


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


def test_three_frames_and_one_slot_by_hand() -> None:
    # Frame 0 enters at 0, is decided on at 15 and takes stage 1 until 55; only then has frame 1 a slot. It
    # leaves at 70 and frees the slot for frame 2, which had arrived at 20.
    found = frame_times(np.array([1, 0, 0]), STAGES, arrivals=np.array([0, 10, 20]), slots=1)
    assert found.entered.tolist() == [[0, 55, 70], [15, -1, -1]]
    assert found.latency.tolist() == [15 + 50, 55 + 15 - 10, 70 + 15 - 20]
    assert (found.longest_queue, found.interval) == ((2, 0), 86 / 3)


def test_three_frames_and_two_slots_by_hand() -> None:
    # Frame 1 finds the second slot at 10 and leaves at 25; frame 2 waits for that.
    found = frame_times(np.array([1, 0, 0]), STAGES, arrivals=np.array([0, 10, 20]), slots=2)
    assert found.entered.tolist() == [[0, 10, 25], [15, -1, -1]]
    assert found.latency.tolist() == [65, 15, 20]


def test_three_frames_and_the_hosts_decision_by_hand() -> None:
    # Decided in 20 cycles: frame 0 goes on at 15 + 20, and holds its slot until 35 + 40. Frame 1 enters at 10
    # and is answered at 10 + 15 + 20, but the host is busy until 35, so at 55; its slot is frame 2's then.
    found = frame_times(
        np.array([1, 0, 0]), STAGES, decision_cycles=20, arrivals=np.array([0, 10, 20]), slots=2
    )
    assert found.entered.tolist() == [[0, 10, 55], [35, -1, -1]]
    assert found.latency.tolist() == [35 + 50, 55 - 10, 55 + 15 + 20 - 20]
    # A map that is complete later than the decision is waited for, by frames that go on.
    late = [pace(10, 15, 60), STAGES[1]]
    found = frame_times(np.array([1, 0]), late, decision_cycles=20, arrivals=np.array([0, 100]))
    assert found.latency.tolist() == [60 + 50, 35]


def test_the_host_holds_the_slot_as_well() -> None:
    found = frame_times(np.array([0, 0]), STAGES, 7, arrivals=np.array([0, 0]), slots=1)
    assert found.entered[0].tolist() == [0, 15 + 7]
    assert found.latency.tolist() == [15, 37]


GAPS = st.lists(st.integers(0, 60), min_size=40, max_size=40)


@given(st.data(), st.integers(1, 3), st.integers(0, 30), st.integers(1, 6), GAPS)
def test_frames_keep_their_order_and_slots_are_never_exceeded(
    data: st.DataObject, stages: int, host: int, slots: int, gaps: list[int]
) -> None:
    paces = data.draw(st.lists(PACES, min_size=stages, max_size=stages))
    exits = np.array(data.draw(st.lists(st.integers(0, stages - 1), min_size=1, max_size=40)))
    arrivals = np.cumsum(gaps[: len(exits)])
    found = frame_times(exits, paces, host, arrivals=arrivals, slots=slots)
    endless = frame_times(exits, paces, host, arrivals=arrivals)
    assert (found.latency >= endless.latency).all()
    assert (
        frame_times(exits, paces, host, arrivals=arrivals, slots=len(exits)).latency == endless.latency
    ).all()
    for k, stage in enumerate(paces):
        seen = found.entered[k][exits >= k]
        assert (found.entered[k][exits < k] == -1).all()
        assert (np.diff(seen) >= stage.interval).all()
        if k + 1 == stages:
            continue
        # Every frame's slot, from entry to decision or until the next stage has read it, counted anew.
        taken = found.entered[k][exits >= k]
        on, after = found.entered[k + 1][exits >= k], exits[exits >= k] > k
        free = np.where(
            after, on + paces[k + 1].interval, taken + max(stage.logits, stage.feature_map or 0) + host
        )
        assert all(((taken <= at) & (at < free)).sum() <= slots for at in taken)
    assert (found.latency >= [paces[k].logits for k in exits]).all()


@given(st.data(), st.integers(1, 6))
def test_later_arrivals_and_more_slots_never_wait_longer(data: st.DataObject, slots: int) -> None:
    paces = data.draw(st.lists(PACES, min_size=2, max_size=2))
    exits = np.array(data.draw(st.lists(st.integers(0, 1), min_size=1, max_size=40)))
    for gap in (5, 20, 80):
        slow, fast = (np.arange(len(exits)) * each for each in (gap, gap // 2))
        calm, tight = (frame_times(exits, paces, arrivals=one, slots=slots).latency for one in (slow, fast))
        assert (calm <= tight).all()
        wider = frame_times(exits, paces, arrivals=fast, slots=slots + 1).latency
        assert (wider <= tight).all()


@pytest.mark.parametrize(
    ("arrivals", "slots", "said"), [([1, 0], None, "never fall"), ([1], None, "2 that"), ([0, 1], 0, "slots")]
)
def test_arrivals_and_slots_that_cannot_be(arrivals: list[int], slots: int | None, said: str) -> None:
    with pytest.raises(BadOption, match=said):
        frame_times(np.array([0, 1]), STAGES, arrivals=np.array(arrivals), slots=slots)
