"""What every device must do, alone and behind the controller; run against all of them."""

from __future__ import annotations

import asyncio
import itertools
import threading

import numpy as np
import pytest

from tests.runtime import toy
from tests.runtime.conftest import Bench
from toolkit.runtime import DeviceError, DeviceTimeout, ExitController
from toolkit.runtime.device import check_reply

POLICY = toy.Margin((40.0,))
FRAMES = toy.images(150)
DIRECT = toy.direct(FRAMES, POLICY)
LIMIT_S = 20.0


def values(frames: np.ndarray) -> np.ndarray:
    return frames.transpose(0, 2, 3, 1).reshape(len(frames), -1)


def controller(bench: Bench, **options: object) -> ExitController:
    return ExitController(bench.device, POLICY, **{"batch": 16, "timeout_s": 0.2, "hang_s": 30.0, **options})  # type: ignore[arg-type]


def test_it_says_what_it_is(bench: Bench) -> None:
    info = bench.device.info
    assert (len(info.stages), info.classes) == (2, toy.CLASSES)
    if bench.maps:
        assert info.stages == toy.streams(2)
    else:
        assert info.slots is not None
    assert info.stages[0].input == toy.PIXELS
    assert [stage.logits for stage in info.stages] == [toy.LOGITS] * 2
    assert len(info.digest) == 64
    assert info.name


@pytest.mark.parametrize("count", [1, 2, 33, 150])
def test_each_stage_computes_what_it_should(bench: Bench, count: int) -> None:
    batch = right = values(FRAMES[:count])
    for stage in (0, 1):
        reply = bench.device.run(stage, batch, LIMIT_S)
        check_reply(bench.device.info, stage, range(count), reply)
        logits, right = toy.compute(stage, right)
        assert np.array_equal(reply.logits, logits)
        assert (reply.cycles is not None) == bench.counts
        if stage == 0:
            assert reply.feature_map is not None
            if bench.maps:
                assert np.array_equal(reply.feature_map, right)
            batch = reply.feature_map
        else:
            assert reply.feature_map is None


def test_stages_may_work_at_once(bench: Bench) -> None:
    batch = values(FRAMES)
    maps = bench.device.run(0, batch, LIMIT_S).feature_map
    assert maps is not None
    replies = {}

    def work(stage: int) -> None:
        for _ in range(3):
            replies[stage] = bench.device.run(stage, (batch, maps)[stage], LIMIT_S)

    threads = [threading.Thread(target=work, args=(stage,)) for stage in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(replies[0].logits, toy.compute(0, batch)[0])
    assert np.array_equal(replies[1].logits, toy.compute(1, toy.compute(0, batch)[1])[0])


@pytest.mark.parametrize("batch", [7, 64, 1000])
def test_the_cascade_equals_the_direct_computation(bench: Bench, batch: int) -> None:
    answers = list(controller(bench, batch=batch, timeout_s=LIMIT_S).classify(FRAMES))
    assert toy.told(answers) == DIRECT
    assert all((answer.cycles is not None) == bench.counts for answer in answers)
    assert {answer.exit for answer in answers} == {0, 1}


def test_the_same_asynchronously(bench: Bench) -> None:
    async def collect() -> list:
        stream = controller(bench, timeout_s=LIMIT_S).stream(FRAMES)
        return [answer async for answer in stream]

    assert toy.told(asyncio.run(collect())) == DIRECT


def test_out_of_time_is_a_typed_error_and_it_works_again(bench: Bench) -> None:
    batch = values(FRAMES)
    if "hang" in bench.faults:
        bench.faults["hang"](lambda stage, values: True)
        limit_s = 0.05
    elif "times_out" in bench.faults:
        bench.faults["times_out"](lambda stage, values: True)
        limit_s = 1.0
    else:
        limit_s = 1e-9  # no simulation is that fast
    with pytest.raises(DeviceTimeout):
        bench.device.run(0, batch, limit_s)
    for inject in bench.faults.values():
        inject(lambda stage, values: False)
    assert np.array_equal(bench.device.run(0, batch, LIMIT_S).logits, toy.compute(0, batch)[0])


def test_a_frame_that_breaks_the_device_is_isolated(bench: Bench) -> None:
    frames = FRAMES[:40].copy()
    frames[[5, 23], 0, 0, 0] = 255
    names = list(bench.faults) or ["the RTL"]
    for name in names:
        if name == "reordered":
            continue  # shows only where there are two frames; see test_faults
        if bench.faults:
            bench.faults[name](lambda stage, values: stage == 0 and bool((values[:, 0] == 255).any()))
        answers = list(controller(bench, retries=1).classify(frames))
        assert [answer.index for answer in answers] == list(range(40)), name
        assert [answer.index for answer in answers if answer.error] == [5, 23], name
        assert all(isinstance(a.error, DeviceError) for a in answers if a.error), name
        rest = [line for line in toy.told(answers) if line[0] not in (5, 23)]
        assert rest == [line for line in toy.direct(frames, POLICY) if line[0] not in (5, 23)], name


def test_a_fault_that_passes_loses_nothing(bench: Bench) -> None:
    for name, inject in bench.faults.items():
        calls, period = itertools.count(), 40 if bench.per_frame else 3
        inject(lambda stage, values, calls=calls, period=period: next(calls) % period == 1)
        answers = list(controller(bench, retries=3).classify(FRAMES))
        assert toy.told(answers) == DIRECT, name


def test_closed_in_mid_stream(bench: Bench) -> None:
    steering = controller(bench, timeout_s=LIMIT_S)
    stream = steering.classify(itertools.cycle(FRAMES))
    got = list(itertools.islice(stream, 30))
    stream.close()
    assert toy.told(got) == DIRECT[:30]
    assert toy.told(list(steering.classify(FRAMES))) == DIRECT, "and the controller can be used again"


def test_a_closed_device_says_so(bench: Bench) -> None:
    stream = controller(bench, timeout_s=LIMIT_S, retries=0).classify(itertools.cycle(FRAMES))
    assert next(stream).index == 0
    bench.device.close()
    lost = next(answer for answer in stream if answer.error)
    assert isinstance(lost.error, DeviceError)
    stream.close()
    bench.device.close()
    with pytest.raises(DeviceError, match="closed"):
        bench.device.run(0, values(FRAMES), LIMIT_S)
