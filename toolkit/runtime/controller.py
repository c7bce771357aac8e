"""The host-side exit controller: frames in, answers out, each frame through as few stages as it needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence

import numpy.typing as npt

from toolkit.core.errors import BadOption
from toolkit.runtime.caller import Caller
from toolkit.runtime.decide import BatchRecord, Decider, Policy
from toolkit.runtime.device import Device
from toolkit.runtime.errors import DeviceError, DeviceTimeout
from toolkit.runtime.frames import pull, stream_order
from toolkit.runtime.pipeline import Pipeline
from toolkit.runtime.schedule import Answer, Batching

WINDOW_BATCHES = 32
"""Batches under way at most: with 95 % of the frames leaving early, the next stage still fills its own."""
PATIENT_FAILURES = 8
"""A device may fail so many calls in a row beyond those that isolate one bad frame of a batch."""


class ExitController:
    """Sends frames through the stages of a device and lets them leave where the policy says so.

    One stream of frames at a time. No frame is lost, doubled or reordered: a batch that fails is tried again
    ``retries`` times, then halved down to single frames; a frame that fails alone is answered with its error.
    A stage that fails ``give_up`` calls in a row, or hangs, is not called any more in this stream; all its
    frames are answered with the error at once.

    Args:
        device: stays open; close it yourself.
        policy: for as many exits as the device has stages.
        batch: frames sent to a stage at once, at most; never more than half the frames the device can keep.
        window: frames under way at once, at most (``32 * batch`` if None); bounds memory. Never more than the
            device can keep.
        retries: see above.
        give_up: see above; if None, 8 more than it takes to isolate one bad frame.
        timeout_s: seconds the device is given for a batch.
        hang_s: seconds after which a call that does not even time out is abandoned (if None,
            ``2 * timeout_s + 5``: a device may need time to recover from a timeout).
        wait_s: seconds a frame waits for others to fill its batch; None: as long as others can join, which
            makes the batches, and so the cycles, the same in every run.
        scales: real value of a step of the logits per exit, for the confidences; if None, the policy's, and
            no confidence for the last exit.
        host_cycles: added to a frame's cycles for each time the host sends it on.
        observe: called with every answered batch, from the stages' threads.

    Raises:
        BadOption: a value out of range, or a policy for another number of exits.
    """

    def __init__(
        self,
        device: Device,
        policy: Policy,
        *,
        batch: int = 64,
        window: int | None = None,
        retries: int = 2,
        give_up: int | None = None,
        timeout_s: float = 60.0,
        hang_s: float | None = None,
        wait_s: float | None = None,
        scales: Sequence[float] | None = None,
        host_cycles: int = 0,
        observe: Callable[[BatchRecord], None] | None = None,
    ) -> None:
        stages = len(device.info.stages)
        if len(policy.thresholds) != stages - 1:
            raise BadOption(
                "exit policy",
                expected=f"{stages - 1} thresholds, for the {stages} stages of {device.info.name}",
                found=len(policy.thresholds),
                fix="Calibrate one for this network.",
            )
        for what, value, fits in (
            ("timeout_s", timeout_s, timeout_s > 0),
            ("hang_s", hang_s, hang_s is None or hang_s >= timeout_s),
            ("host_cycles", host_cycles, host_cycles >= 0),
            ("scales", scales, scales is None or len(scales) == stages),
        ):
            if not fits:
                raise BadOption(f"{what} of the exit controller", found=value)
        if give_up is None:
            give_up = retries + max(batch, 1).bit_length() + PATIENT_FAILURES
        window = WINDOW_BATCHES * batch if window is None else window
        if (slots := device.info.slots) is not None:  # a batch in them, and one that comes in
            batch, window = min(batch, max(1, slots // 2)), min(window, slots)
        self._batching = Batching(batch, window, retries, give_up, wait_s)
        self._decide = Decider(
            policy, stages, tuple(policy.scales if scales is None else scales), host_cycles, observe
        )
        self.device, self._timeout_s = device, timeout_s
        self._hang_s = 2 * timeout_s + 5 if hang_s is None else hang_s
        self._hung: dict[int, Caller] = {}
        self._streaming = False

    def classify(self, frames: Iterable[npt.ArrayLike]) -> Iterator[Answer]:
        """Answers to frames, in their order, as they become due.

        Frames are pulled in the caller's thread and not far ahead of the answers, so they may be endless.
        Closing the iterator early ends all work; calls under way are waited for.

        Args:
            frames: each integers [C, H, W], [H, W] or in stream order (see
                :func:`toolkit.runtime.frames.stream_order`); an array [N, C, H, W] is one such sequence.

        Raises:
            DataError: a frame that does not fit, after the answers to those before it.
            Exception: what ``frames`` raises, likewise; what the policy raises, at once.
        """
        source, failure = iter(frames), None
        entry = self.device.info.stages[0].input
        pipeline = self._start()
        try:
            schedule = pipeline.schedule
            while not schedule.done:
                while schedule.room and not schedule.ended and not schedule.due:
                    try:
                        pipeline.admit(stream_order(next(source), entry))
                    except StopIteration:
                        pipeline.end()
                    except Exception as error:
                        failure = error
                        pipeline.end()
                yield from pipeline.take(wait=True)
        finally:
            self._stop(pipeline)
        if failure is not None:
            raise failure

    async def stream(
        self, frames: Iterable[npt.ArrayLike] | AsyncIterable[npt.ArrayLike]
    ) -> AsyncIterator[Answer]:
        """As :meth:`classify`, without blocking the event loop.

        Here an answer does not wait for the next frame to be pulled. A plain iterable is read in another
        thread, as many frames at a time as make a batch; for a live source give an asynchronous one, and
        ``wait_s``.
        """
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        pipeline = self._start(lambda: loop.call_soon_threadsafe(changed.set))
        feeding = asyncio.create_task(self._feed(pipeline, frames, changed))
        try:
            while not pipeline.schedule.done:
                changed.clear()
                if answers := pipeline.take(wait=False):
                    changed.set()  # there is room again
                    for answer in answers:
                        yield answer
                elif not pipeline.schedule.done:
                    await changed.wait()
            await feeding  # raises what the frames raised
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
            await asyncio.to_thread(self._stop, pipeline)

    async def _feed(
        self,
        pipeline: Pipeline,
        frames: Iterable[npt.ArrayLike] | AsyncIterable[npt.ArrayLike],
        changed: asyncio.Event,
    ) -> None:
        entry = self.device.info.stages[0].input
        try:
            async for frame in pull(frames, self._batching.batch):
                values = stream_order(frame, entry)
                changed.clear()
                while not pipeline.schedule.room:
                    await changed.wait()
                    changed.clear()
                pipeline.admit(values)
        finally:
            pipeline.end()
            changed.set()

    def _start(self, notify: Callable[[], object] = lambda: None) -> Pipeline:
        if self._streaming:
            what = f"exit controller of {self.device.info.name}"
            fix = "Exhaust or close the stream that is open."
            raise DeviceError(what, expected="one stream at a time", fix=fix)
        self._hung = {stage: caller for stage, caller in self._hung.items() if caller.alive}
        where = self.device.info.name
        dead = {
            stage: DeviceTimeout(f"{where}, stage {stage} hangs since an earlier stream", fix="Reset it.")
            for stage in self._hung
        }
        pipeline = Pipeline(
            self.device, self._decide, self._batching, self._timeout_s, self._hang_s, dead, notify
        )
        self._streaming = True
        return pipeline

    def _stop(self, pipeline: Pipeline) -> None:
        pipeline.close()
        self._hung.update(pipeline.hung)
        self._streaming = False
