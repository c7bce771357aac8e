"""The asynchronous side of the controller."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest

from tests.runtime import toy
from toolkit.runtime import Answer, ExitController

POLICY = toy.Margin((40.0,))
FRAMES = toy.images(150)
DIRECT = toy.direct(FRAMES, POLICY)


async def one_by_one(frames: np.ndarray) -> AsyncIterator[np.ndarray]:
    for frame in frames:
        await asyncio.sleep(0)
        yield frame


@pytest.mark.parametrize("batch", [1, 16, 500])
@pytest.mark.parametrize("live", [True, False])
def test_answers_equal_the_direct_computation(batch: int, live: bool) -> None:
    async def collect() -> list[Answer]:
        controller = ExitController(toy.ToyDevice(), POLICY, batch=batch)
        return [answer async for answer in controller.stream(one_by_one(FRAMES) if live else iter(FRAMES))]

    assert toy.told(asyncio.run(collect())) == DIRECT


def test_an_answer_does_not_wait_for_the_next_frame() -> None:
    async def play() -> None:
        answered = asyncio.Event()

        async def waits_for_each() -> AsyncIterator[np.ndarray]:
            for frame in FRAMES[:5]:
                answered.clear()
                yield frame
                await asyncio.wait_for(answered.wait(), 10)

        got = []
        async for answer in ExitController(toy.ToyDevice(), POLICY, wait_s=0.0).stream(waits_for_each()):
            got.append(answer)
            answered.set()
        assert toy.told(got) == DIRECT[:5]

    asyncio.run(play())


def test_the_loop_is_never_blocked() -> None:
    async def play() -> int:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticking = asyncio.create_task(tick())
        device = toy.ToyDevice(2, lambda stage, values: toy.slow)
        answers = [a async for a in ExitController(device, POLICY, batch=2).stream(FRAMES)]
        ticking.cancel()
        assert toy.told(answers) == DIRECT
        return ticks

    assert asyncio.run(play()) > 20


def test_closed_or_cancelled_in_mid_stream() -> None:
    async def play() -> None:
        controller = ExitController(toy.ToyDevice(), POLICY, batch=8)
        stream = controller.stream(itertools.cycle(FRAMES))
        async for answer in stream:
            if answer.index == 20:
                break
        await stream.aclose()

        async def consume() -> None:
            async for _ in controller.stream(itertools.cycle(FRAMES)):
                pass

        task = asyncio.create_task(consume())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert toy.told([answer async for answer in controller.stream(FRAMES)]) == DIRECT

    asyncio.run(play())


@pytest.mark.parametrize("live", [True, False])
def test_what_the_frames_raise_comes_after_the_answers_due(live: bool) -> None:
    async def breaks_live() -> AsyncIterator[np.ndarray]:
        for frame in FRAMES[:21]:
            yield frame
        raise KeyError("camera")

    def breaks() -> Iterator[np.ndarray]:
        yield from FRAMES[:21]
        raise KeyError("camera")

    async def play() -> list[Answer]:
        got: list[Answer] = []

        async def consume() -> None:
            frames = breaks_live() if live else breaks()
            async for answer in ExitController(toy.ToyDevice(), POLICY, batch=8).stream(frames):
                got.append(answer)  # noqa: PERF401

        with pytest.raises(KeyError, match="camera"):
            await consume()
        return got

    assert toy.told(asyncio.run(play())) == DIRECT[:21]
