"""No wait of the controller is without a way out: every source, batch, window, fault and consumer.

A time limit here only ends a test that hangs; nothing is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tests.runtime import toy
from toolkit.core.errors import DataError
from toolkit.runtime import Answer, Cycles, DeviceError, ExitController, Reply

POLICY = toy.Margin((40.0,))
FRAMES = toy.images(60)
DIRECT = toy.direct(FRAMES, POLICY)
LIMIT_S = 60.0
"""Far above what any of these takes; a hang fails its test instead of holding up all of them."""


def within(function: Callable[[], Any]) -> Any:
    """Call a function that may hang; the thread of one that does is left behind."""
    results: list[Any] = []

    def call() -> None:
        try:
            results.append((True, function()))
        except BaseException as error:
            results.append((False, error))

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(LIMIT_S)
    assert results, "it hangs"
    good, result = results[0]
    if good:
        return result
    raise result


def awaited(task: Awaitable[Any]) -> Any:
    async def limited() -> Any:
        return await asyncio.wait_for(task, LIMIT_S)

    return within(lambda: asyncio.run(limited()))


# What the device does. ``faults(stage, values)`` as in toy.ToyDevice.


def healthy(stage: int, values: np.ndarray) -> toy.Fault | None:
    return None


def first_dead(stage: int, values: np.ndarray) -> toy.Fault | None:
    return toy.raises if stage == 0 else None


def second_dead(stage: int, values: np.ndarray) -> toy.Fault | None:
    return toy.raises if stage == 1 else None


def all_dead(stage: int, values: np.ndarray) -> toy.Fault | None:
    return toy.times_out


def dies_later() -> Callable[[int, np.ndarray], toy.Fault | None]:
    calls = itertools.count()
    return lambda stage, values: toy.raises if next(calls) >= 3 else None


DEVICES: dict[str, Callable[[], Callable[[int, np.ndarray], toy.Fault | None]]] = {
    "healthy": lambda: healthy,
    "stage 0 dead": lambda: first_dead,
    "stage 1 dead": lambda: second_dead,
    "all dead": lambda: all_dead,
    "dies later": dies_later,
}


# Where the frames come from.


def plain(frames: np.ndarray) -> Iterator[np.ndarray]:
    yield from frames


async def eager(frames: np.ndarray) -> AsyncIterator[np.ndarray]:
    for frame in frames:
        yield frame


async def spaced(frames: np.ndarray) -> AsyncIterator[np.ndarray]:
    for index, frame in enumerate(frames):
        await asyncio.sleep(0.001 if index % 7 == 0 else 0)
        yield frame


SOURCES: dict[str, Callable[[np.ndarray], Any]] = {
    "plain": plain,
    "eager": eager,
    "spaced": spaced,
    "classify": plain,  # the side without an event loop
}
LIVE = ("plain", "eager", "spaced")


@dataclass(frozen=True)
class Setting:
    batch: int
    window: int
    wait_s: float | None

    def controller(self, device: toy.ToyDevice) -> ExitController:
        return ExitController(
            device, POLICY, batch=self.batch, window=self.window, wait_s=self.wait_s, retries=1, give_up=2
        )


SETTINGS = [
    Setting(batch, batch * windows + more, wait_s)
    for batch in (1, 4, 64)
    for windows, more in ((1, 0), (1, 1), (32, 0))
    for wait_s in (None, 0.002)
]
FEW = (Setting(1, 1, None), Setting(4, 4, 0.0), Setting(4, 128, 0.0))


def check(answers: list[Answer], device: str) -> None:
    """Every frame once and in order; right, or named where a stage is dead."""
    assert [answer.index for answer in answers] == list(range(len(FRAMES)))
    for answer, line in zip(answers, DIRECT, strict=True):
        if answer.error is None:
            assert toy.told([answer]) == [line]
        else:
            assert device != "healthy"
            assert isinstance(answer.error, DeviceError)
    right = [answer.index for answer in answers if answer.error is None]
    if device == "stage 1 dead":
        assert right == [index for index, _, exit_, _ in DIRECT if exit_ == 0]
    elif device in ("stage 0 dead", "all dead"):
        assert right == []


def answers_of(controller: ExitController, source: str, frames: Any, got: list[Answer]) -> None:
    """Append all answers to ``got``: of ``classify``, or of ``stream`` with the frames from this source."""

    async def collect() -> None:
        async for answer in controller.stream(frames):
            got.append(answer)  # noqa: PERF401  # what came before an error must be there

    if source == "classify":
        within(lambda: got.extend(controller.classify(frames)))
    else:
        awaited(collect())


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("source", SOURCES)
def test_every_frame_is_answered(device: str, source: str) -> None:
    for setting in SETTINGS:
        got: list[Answer] = []
        answers_of(
            setting.controller(toy.ToyDevice(2, DEVICES[device]())), source, SOURCES[source](FRAMES), got
        )
        check(got, device)


@pytest.mark.parametrize("device", [name for name in DEVICES if name != "dies later"])
@pytest.mark.parametrize(("batch", "window"), [(1, 1), (4, 8), (64, None)])
def test_a_live_source_hears_of_every_frame_before_it_gives_the_next(
    device: str, batch: int, window: int | None
) -> None:
    async def play() -> list[Answer]:
        heard, got = asyncio.Event(), []

        async def live() -> AsyncIterator[np.ndarray]:
            for frame in FRAMES:
                heard.clear()
                yield frame
                await heard.wait()

        made = toy.ToyDevice(2, DEVICES[device]())
        controller = ExitController(made, POLICY, batch=batch, window=window, wait_s=0.0, give_up=2)
        async for answer in controller.stream(live()):
            got.append(answer)
            heard.set()
        return got

    check(awaited(play()), device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("source", LIVE)
def test_a_slow_consumer(device: str, source: str) -> None:
    async def play(setting: Setting) -> list[Answer]:
        controller = setting.controller(toy.ToyDevice(2, DEVICES[device]()))
        got = []
        async for answer in controller.stream(SOURCES[source](FRAMES)):
            await asyncio.sleep(0.002 if answer.index % 9 == 0 else 0)
            got.append(answer)
        return got

    for setting in FEW:
        check(awaited(play(setting)), device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("source", [*LIVE, "never"])
@pytest.mark.parametrize("taken", [0, 1, 7])
def test_a_consumer_that_goes(device: str, source: str, taken: int) -> None:
    async def never(frames: np.ndarray) -> AsyncIterator[np.ndarray]:
        for frame in frames[:taken]:
            yield frame
        await asyncio.Event().wait()

    async def play(setting: Setting) -> list[Answer]:
        controller = setting.controller(toy.ToyDevice(2, DEVICES[device]()))
        frames = never(FRAMES) if source == "never" else SOURCES[source](FRAMES)
        stream = controller.stream(frames)
        for _ in range(taken):
            await anext(stream)
        if taken == 0:  # cancelled while it waits for its first answer
            task = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await stream.aclose()
        return [answer async for answer in controller.stream(FRAMES)]

    for setting in FEW:
        again = awaited(play(setting))
        assert [answer.index for answer in again] == list(range(len(FRAMES))), "the next stream is whole"


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("good", [0, 21])
@pytest.mark.parametrize("kind", [KeyError, StopAsyncIteration, "bad frame"])
def test_a_source_that_fails(device: str, source: str, good: int, kind: Any) -> None:
    def raising(_: object) -> Iterator[np.ndarray]:
        yield from FRAMES[:good]
        if kind == "bad frame":
            yield np.zeros(3)
        else:
            raise kind("camera")

    async def raising_live(_: object) -> AsyncIterator[np.ndarray]:
        for frame in raising(None):
            await asyncio.sleep(0)
            yield frame

    # Within an asynchronous generator StopAsyncIteration becomes a RuntimeError, by Python's rules.
    expected = {KeyError: KeyError, "bad frame": DataError}.get(kind, (RuntimeError, StopAsyncIteration))
    for setting in FEW:
        controller, got = setting.controller(toy.ToyDevice(2, DEVICES[device]())), list[Answer]()
        frames = (raising if source in ("plain", "classify") else raising_live)(None)
        with pytest.raises(expected):
            answers_of(controller, source, frames, got)
        assert [answer.index for answer in got] == list(range(good))


RAISED = (RuntimeError, StopIteration, GeneratorExit, SystemExit, KeyboardInterrupt, asyncio.CancelledError)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", [*RAISED, "stamps"])
def test_whatever_a_device_does_is_an_answer(source: str, kind: Any) -> None:
    def breaks(device: toy.ToyDevice, stage: int, batch: np.ndarray, reply: Reply) -> Reply:
        if kind != "stamps":
            raise kind("driver")
        stamps: Any = np.full(len(batch), np.nan)
        return Reply(reply.logits, reply.feature_map, Cycles(stamps, stamps, stamps))

    controller = Setting(4, 16, None).controller(toy.ToyDevice(2, lambda stage, values: breaks))
    got: list[Answer] = []
    answers_of(controller, source, SOURCES[source](FRAMES), got)
    check(got, "all dead")


@pytest.mark.parametrize("source", SOURCES)
def test_what_the_policy_raises_ends_the_stream(source: str) -> None:
    class Broken(toy.Margin):
        def leaves(self, k: int, logits: np.ndarray) -> np.ndarray:
            raise ZeroDivisionError("policy")

    for setting in FEW:
        controller = ExitController(
            toy.ToyDevice(), Broken((40.0,)), batch=setting.batch, window=setting.window, wait_s=0.0
        )
        with pytest.raises(ZeroDivisionError, match="policy"):
            answers_of(controller, source, SOURCES[source](FRAMES), [])


def test_a_source_that_goes_on_when_it_is_cancelled() -> None:
    async def stubborn() -> AsyncIterator[np.ndarray]:
        for frame in itertools.cycle(FRAMES):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
            yield frame

    async def play() -> None:
        for setting in FEW:
            stream = setting.controller(toy.ToyDevice()).stream(stubborn())
            await anext(stream)
            await stream.aclose()

    awaited(play())


def test_a_plain_source_that_never_returns_holds_nothing_up() -> None:
    def blocks() -> Iterator[np.ndarray]:
        yield from FRAMES[:1]
        threading.Event().wait()

    async def play() -> None:
        stream = Setting(1, 4, None).controller(toy.ToyDevice()).stream(blocks())
        assert (await anext(stream)).index == 0
        await stream.aclose()

    awaited(play())
