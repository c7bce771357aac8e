"""The controller: order, batches, faults, early ends, and what it refuses."""

from __future__ import annotations

import itertools
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime import toy
from toolkit.core.errors import BadOption, DataError
from toolkit.runtime import Answer, BatchRecord, DeviceError, DeviceTimeout, ExitController, Reply
from toolkit.runtime.schedule import Batching, Schedule

POLICY = toy.Margin((40.0,))
FRAMES = toy.images(150)
DIRECT = toy.direct(FRAMES, POLICY)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 3).flatmap(lambda stages: st.tuples(*[st.integers(0, 150)] * (stages - 1))),
    st.integers(0, 120),
    st.integers(1, 40),
    st.integers(1, 4),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.1, 0.5]),
)
def test_no_frame_is_lost_doubled_or_reordered(
    thresholds: tuple[int, ...], count: int, batch: int, windows: int, seed: int, share: float
) -> None:
    random = np.random.default_rng(seed)

    def faults(stage: int, values: np.ndarray) -> toy.Fault | None:
        return toy.FAULTS[random.integers(len(toy.FAULTS))] if random.random() < share else None

    policy, frames = toy.Margin(tuple(map(float, thresholds))), toy.images(count, seed % 7)
    device = toy.ToyDevice(len(thresholds) + 1, faults)
    controller = ExitController(
        device, policy, batch=batch, window=windows * batch, retries=1, give_up=10**9, timeout_s=5
    )
    answers = list(controller.classify(frames))
    expected = toy.direct(frames, policy)
    assert [answer.index for answer in answers] == list(range(count))
    for answer, line in zip(answers, expected, strict=True):
        if answer.error is None:
            assert toy.told([answer]) == [line]
        else:
            assert share
            assert (answer.label, answer.exit, answer.logits) == (None, None, ())
    if not share:
        assert all(size <= batch for _, size in device.calls)


@pytest.mark.parametrize(("slots", "most"), [(1, 1), (2, 1), (10, 5), (1000, 16)])
def test_a_device_that_keeps_frames_is_given_no_more_and_told_which_leave(slots: int, most: int) -> None:
    class Keeping(toy.ToyDevice):
        under_way = peak = 0

        def run(self, stage: int, batch: np.ndarray, timeout_s: float) -> Reply:
            reply = super().run(stage, batch, timeout_s)
            with lock:
                self.under_way += len(batch) if stage == 0 else -len(batch)
                self.peak = max(self.peak, self.under_way)
            return reply

        def settled(self, stage: int, maps: np.ndarray) -> None:
            with lock:
                self.under_way -= len(maps)
                left[stage].extend(map(tuple, maps))

    lock, device = threading.Lock(), Keeping()
    left: tuple[list, list] = ([], [])
    device._info = replace(device.info, slots=slots)
    assert toy.told(list(ExitController(device, POLICY, batch=16).classify(FRAMES))) == DIRECT
    assert max(size for _, size in device.calls) == most
    assert device.peak <= slots
    assert device.under_way == 0
    maps = toy.compute(0, FRAMES.transpose(0, 2, 3, 1).reshape(len(FRAMES), -1))[1]
    assert left == ([tuple(maps[index]) for index, _, exit_, _ in DIRECT if exit_ == 0], [])


@pytest.mark.parametrize("fault", toy.FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_that_passes_is_retried_as_it_was(fault: toy.Fault) -> None:
    once = iter([fault])
    device = toy.ToyDevice(2, lambda stage, values: next(once, None) if stage == 1 else None)
    answers = list(ExitController(device, POLICY, batch=16, retries=1).classify(FRAMES))
    assert toy.told(answers) == DIRECT
    sizes = [size for stage, size in device.calls if stage == 1]
    assert sizes[0] == sizes[1] == 16, "not halved yet"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            toy.too_short,
            r"logits from toy, stage 0, frames 0-1; expected integers \[2, 3\]; found int64 \[1, 3\]",
        ),
        (toy.too_long, r"logits from toy.*found int64 \[3, 3\]"),
        (toy.no_integers, r"logits from toy.*found float64 \[2, 3\]"),
        (toy.out_of_range, r"logits from toy.*expected -2048 to 2047; found 2048 in frame 1"),
        (toy.map_amiss, r"feature map from toy, stage 0, frames 0-1; expected one; found none"),
        (toy.reordered, r"cycle stamps from toy, .*expected 2 that rise"),
        (toy.raises, r"toy, stage 0, frames 0-1; found OSError: the cable is out"),
        (toy.times_out, "nothing"),
    ],
)
def test_an_answer_says_what_was_wrong(fault: toy.Fault, words: str) -> None:
    device = toy.ToyDevice(2, lambda stage, values: fault)
    answers = list(ExitController(device, POLICY, give_up=1).classify(FRAMES[:2]))
    assert [answer.index for answer in answers if answer.error] == [0, 1]
    with pytest.raises(DeviceError, match=words):
        raise answers[0].error  # type: ignore[misc]


def test_a_late_stage_that_is_dead_leaves_the_early_answers() -> None:
    device = toy.ToyDevice(2, lambda stage, values: toy.raises if stage == 1 else None)
    answers = list(ExitController(device, POLICY, batch=8, give_up=5).classify(FRAMES))
    assert [line for line in toy.told(answers) if line[2] == 0] == [line for line in DIRECT if line[2] == 0]
    assert [a.index for a in answers if a.error] == [index for index, _, exit_, _ in DIRECT if exit_ == 1]
    assert len([stage for stage, _ in device.calls if stage == 1]) == 5, "given up, not called for ever"
    with pytest.raises(DeviceError, match="stage 1 has been given up"):
        raise answers[-1].error or answers[-2].error  # type: ignore[misc]


def test_a_device_that_hangs_is_left_behind() -> None:
    freed = threading.Event()

    def hangs(device: toy.ToyDevice, stage: int, batch: np.ndarray, reply: Reply) -> Reply:
        assert freed.wait(20)
        return reply

    device = toy.ToyDevice(2, lambda stage, values: hangs if stage == 1 else None)
    controller = ExitController(device, POLICY, batch=8, timeout_s=0.02, hang_s=0.1)
    start = time.monotonic()
    answers = list(controller.classify(FRAMES))
    assert time.monotonic() - start < 5
    assert [a.index for a in answers if a.error] == [index for index, _, exit_, _ in DIRECT if exit_ == 1]
    first = next(answer.error for answer in answers if answer.error)
    with pytest.raises(DeviceTimeout, match=r"expected an answer or an error within 0.1 s; found neither"):
        raise first
    again = list(controller.classify(FRAMES))
    with pytest.raises(DeviceError, match="hangs since an earlier stream"):
        raise next(answer.error for answer in again if answer.error)
    freed.set()
    device.faults = lambda stage, values: None
    time.sleep(0.1)
    assert toy.told(list(controller.classify(FRAMES))) == DIRECT, "it came back by itself"


def test_late_stage_batches_are_full_and_the_same_in_every_run() -> None:
    def batches() -> list[tuple[int, tuple[int, ...], list[int]]]:
        records: list[BatchRecord] = []
        controller = ExitController(
            toy.ToyDevice(2, lambda stage, values: toy.slow if records and len(records) % 3 else None),
            POLICY, batch=10, window=40, observe=records.append,
        )  # fmt: skip
        assert toy.told(list(controller.classify(FRAMES))) == DIRECT
        lines = [
            (r.stage, tuple(r.indices.tolist()), r.cycles.logits_out.tolist()) for r in records if r.cycles
        ]
        return sorted(lines)

    first = batches()
    assert [len(line[1]) for line in first if line[0] == 0] == [10] * 15
    late = [line[1] for line in first if line[0] == 1]
    assert sorted(itertools.chain(*late)) == [index for index, _, exit_, _ in DIRECT if exit_ == 1]
    assert sum(len(indices) == 10 for indices in late) >= len(late) - 2, "collected from several batches"
    assert all(batches() == first for _ in range(5))


def test_a_waiting_frame_goes_after_a_while() -> None:
    gate = threading.Event()
    device = toy.ToyDevice()

    def slowly() -> Iterator[np.ndarray]:
        yield FRAMES[0]
        assert gate.wait(10), "the device never got the frame that was alone"
        yield FRAMES[1]

    def seen(record: BatchRecord) -> None:
        gate.set()

    controller = ExitController(device, POLICY, batch=16, wait_s=0.01, observe=seen)
    assert toy.told(list(controller.classify(slowly()))) == DIRECT[:2]
    assert device.calls[0] == (0, 1)


def test_stages_overlap() -> None:
    both = threading.Barrier(2)

    def meets(device: toy.ToyDevice, stage: int, batch: np.ndarray, reply: Reply) -> Reply:
        both.wait(10)  # passes only if the other stage is at work too
        return reply

    def faults(stage: int, values: np.ndarray) -> toy.Fault | None:
        calls = [called for called, _ in device.calls].count(stage)
        return meets if (stage, calls) in ((0, 4), (1, 1)) else None

    device = toy.ToyDevice(2, faults)
    assert toy.told(list(ExitController(device, POLICY, batch=8).classify(FRAMES))) == DIRECT
    assert not both.broken


def test_endless_frames_in_bounded_memory() -> None:
    alive: weakref.WeakSet[Frame] = weakref.WeakSet()
    pulled = itertools.count()

    def endless() -> Iterator[np.ndarray]:
        for index in pulled:
            frame = Frame(FRAMES[index % 150])
            alive.add(frame)
            yield frame

    stream = ExitController(toy.ToyDevice(), POLICY, batch=8, window=32).classify(endless())
    for index, answer in enumerate(itertools.islice(stream, 3000)):
        assert toy.told([answer])[0][1:] == DIRECT[index % 150][1:]
        assert len(alive) <= 33
    stream.close()
    assert next(pulled) <= 3000 + 2 * 32 + 2


class Frame(np.ndarray):
    """An image that can be watched."""

    def __new__(cls, values: np.ndarray) -> Frame:
        return values.copy().view(cls)

    __hash__ = object.__hash__  # type: ignore[assignment]


@pytest.mark.parametrize("flat", [True, False])
def test_a_frame_may_be_changed_once_it_was_given(flat: bool) -> None:
    frames = FRAMES.transpose(0, 2, 3, 1).reshape(150, -1) if flat else FRAMES

    def one_buffer() -> Iterator[np.ndarray]:
        buffer = np.empty(frames.shape[1:], np.uint8)
        for frame in frames:
            buffer[...] = frame
            yield buffer

    assert toy.told(list(ExitController(toy.ToyDevice(), POLICY).classify(one_buffer()))) == DIRECT


def test_frames_are_pulled_two_batches_ahead() -> None:
    schedule = Schedule(2, Batching(batch=4, window=1000, retries=0, give_up=1, wait_s=None))
    while schedule.room:
        schedule.admit(FRAMES[0], 0.0)
    job = schedule.next_job(0, 0.0)
    assert job is not None
    assert job.indices == [0, 1, 2, 3]
    while schedule.room:
        schedule.admit(FRAMES[0], 0.0)
    schedule.fail(job, DeviceError("x"), final=True)
    assert [answer.index for answer in schedule.take()] == list(range(12))


def test_failures_that_are_not_in_a_row_do_not_add_up() -> None:
    calls = [itertools.count(), itertools.count()]
    device = toy.ToyDevice(2, lambda stage, values: toy.raises if next(calls[stage]) % 2 else None)
    answers = list(ExitController(device, POLICY, batch=4, retries=1, give_up=2).classify(FRAMES))
    assert toy.told(answers) == DIRECT


def test_what_the_frames_raise_comes_after_the_answers_due() -> None:
    def breaks() -> Iterator[np.ndarray]:
        yield from FRAMES[:21]
        raise KeyError("camera")

    got: list[Answer] = []
    with pytest.raises(KeyError, match="camera"):
        got.extend(ExitController(toy.ToyDevice(), POLICY, batch=8).classify(breaks()))
    assert toy.told(got) == DIRECT[:21]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (np.zeros((1, 2, 2), np.uint8), r"expected 8 integers from 0 to 255; found uint8 \[1, 2, 2\]"),
        (np.zeros(toy.SHAPE, np.float32), r"found float32 \[2, 2, 2\]"),
        (np.full(toy.SHAPE, 256), r"found int64 \[2, 2, 2\] from 256 to 256"),
        (np.full(toy.SHAPE, -1, np.int8), "from -1 to -1"),
        (np.zeros((1, 2, 2, 2), np.uint8), r"found uint8 \[1, 2, 2, 2\]"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused_after_the_answers_due(frame: np.ndarray, words: str) -> None:
    got: list[Answer] = []
    with pytest.raises(DataError, match=words):
        got.extend(ExitController(toy.ToyDevice(), POLICY).classify([FRAMES[0], frame, FRAMES[1]]))
    assert toy.told(got) == DIRECT[:1]


def test_channels_last_whatever_the_form() -> None:
    flat = FRAMES[:4].transpose(0, 2, 3, 1).reshape(4, -1)
    for frames in (FRAMES[:4], FRAMES[:4].astype(np.int64), list(flat), FRAMES[:4].tolist()):
        assert toy.told(list(ExitController(toy.ToyDevice(), POLICY).classify(frames))) == DIRECT[:4]


def test_nothing_in_nothing_out() -> None:
    assert list(ExitController(toy.ToyDevice(), POLICY).classify([])) == []


def test_what_the_policy_raises_is_raised() -> None:
    class Broken(toy.Margin):
        def leaves(self, k: int, logits: np.ndarray) -> np.ndarray:
            raise ZeroDivisionError("policy")

    with pytest.raises(ZeroDivisionError, match="policy"):
        list(ExitController(toy.ToyDevice(), Broken((40.0,))).classify(FRAMES))


def test_a_policy_must_decide_about_every_frame() -> None:
    class Vague(toy.Margin):
        def leaves(self, k: int, logits: np.ndarray) -> np.ndarray:
            return super().leaves(k, logits)[:-1]

    with pytest.raises(BadOption, match=r"exit policy at exit 0; expected bool \[64\]; found bool \[63\]"):
        list(ExitController(toy.ToyDevice(), Vague((40.0,))).classify(FRAMES))


def test_confidence_and_cycles() -> None:
    plain = ExitController(toy.ToyDevice(), POLICY, batch=150)
    known = ExitController(toy.ToyDevice(), POLICY, batch=150, scales=(0.25, 0.5), host_cycles=100)
    for before, answer in zip(plain.classify(FRAMES), known.classify(FRAMES), strict=True):
        scale = (0.25, 0.5)[answer.exit or 0]
        real = np.array(answer.logits) * scale
        assert answer.confidence == pytest.approx(float(1 / np.exp(real - real.max()).sum()), rel=1e-12)
        assert before.confidence == (None if answer.exit else answer.confidence)
        # The toy's stamps: logits 9 cycles behind the frame, the feature map 4.
        assert (before.cycles, answer.cycles) == ((4 + 9, 4 + 9 + 100) if answer.exit else (9, 9))


def test_outputs_that_are_no_logits_name_no_class() -> None:
    plain = ExitController(toy.ToyDevice(), POLICY, batch=150)
    other = ExitController(toy.ToyDevice(), POLICY, batch=150, labelled=False)
    for before, answer in zip(plain.classify(FRAMES), other.classify(FRAMES), strict=True):
        assert answer == replace(before, label=None, confidence=None)


def test_of_several_groups_the_least_sure_counts() -> None:
    """Three outputs as three groups of one are always sure; the toy's three classes are one group."""
    policy = replace(POLICY, groups=3)
    for answer in ExitController(toy.ToyDevice(), policy, batch=150, scales=(0.25, 0.5)).classify(FRAMES[:5]):
        assert (answer.label, answer.confidence) == (0, 1.0)


def test_ties_go_to_the_lowest_class() -> None:
    answers = list(
        ExitController(toy.ToyDevice(), toy.Margin((0.0,))).classify(np.zeros((1, *toy.SHAPE), int))
    )
    assert (answers[0].label, answers[0].logits) == (0, (0, 0, 0))


def test_one_stream_at_a_time() -> None:
    controller = ExitController(toy.ToyDevice(), POLICY)
    first = controller.classify(itertools.cycle(FRAMES))
    next(first)
    with pytest.raises(DeviceError, match=r"expected one stream at a time. Exhaust or close"):
        next(controller.classify(FRAMES))
    first.close()
    assert toy.told(list(controller.classify(FRAMES))) == DIRECT


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"batch": 0}, "batch; expected at least 1; found 0"),
        ({"batch": 8, "window": 7}, "window; expected at least 8; found 7"),
        ({"retries": -1}, "retries"),
        ({"give_up": 0}, "give_up"),
        ({"wait_s": -1.0}, "wait_s"),
        ({"wait_s": float("nan")}, "wait_s"),
        ({"wait_s": float("inf")}, "wait_s; expected 0 to 1e.06; found inf"),
        ({"timeout_s": float("inf")}, "timeout_s of the exit controller; found inf"),
        ({"hang_s": float("inf")}, "hang_s"),
        ({"timeout_s": 0}, "timeout_s of the exit controller; found 0"),
        ({"timeout_s": 2, "hang_s": 1}, "hang_s"),
        ({"host_cycles": -1}, "host_cycles"),
        ({"scales": (1.0,)}, "scales"),
    ],
)
def test_options_out_of_range(options: dict[str, object], words: str) -> None:
    with pytest.raises(BadOption, match=words):
        ExitController(toy.ToyDevice(), POLICY, **options)  # type: ignore[arg-type]


def test_a_policy_for_another_number_of_exits() -> None:
    with pytest.raises(BadOption, match=r"expected 2 thresholds, for the 3 stages of toy; found 1"):
        ExitController(toy.ToyDevice(3), POLICY)
