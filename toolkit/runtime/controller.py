"""The host-side exit controller: sends each frame through as few stages as the exit policy allows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable, Sequence

import numpy.typing as npt

from toolkit.core.errors import BadOption
from toolkit.runtime.caller import Caller
from toolkit.runtime.decide import BatchRecord, Decider, Policy
from toolkit.runtime.device import Device
from toolkit.runtime.errors import DeviceError, DeviceTimeout
from toolkit.runtime.frames import in_thread, pull, stream_order
from toolkit.runtime.pipeline import Pipeline
from toolkit.runtime.schedule import LONGEST_S, Answer, Batching

WINDOW_BATCHES = 32
"""Batches in flight, at most: with 95 % of the frames leaving early, the next stage still fills its batch."""
PATIENT_FAILURES = 8
"""Failed calls in a row that are accepted beyond those needed to isolate one bad frame of a batch."""


class ExitController:
    """Sends frames through the stages of a device; each leaves at the exit that the policy chooses.

    One stream of frames at a time. No frame is lost, duplicated or reordered: a failed batch is tried again
    ``retries`` times, then halved down to single frames; a frame that fails alone is answered with its error.
    A stage that fails ``give_up`` calls in a row, or hangs, is not called any more in this stream; all its
    frames are answered with the error at once.

    Args:
        device: open device; the caller closes it.
        policy: exit policy with as many exits as the device has stages.
        batch: largest number of frames sent to a stage at once; at most half the slots of the device.
        window: largest number of frames in flight (``32 * batch`` if None), which bounds memory; at most the
            slots of the device.
        retries: number of times a failed batch is tried again as a whole.
        give_up: failed calls in a row after which a stage is abandoned; if None, 8 more than it takes to
            isolate one bad frame.
        timeout_s: time limit of the device for a batch, in seconds.
        hang_s: seconds after which a call that does not even time out is abandoned (if None,
            ``2 * timeout_s + 5``: a device may need time to recover from a timeout).
        wait_s: seconds a frame waits for others to fill its batch; None: as long as others can join, which
            makes the batches, and so the cycles, the same in every run.
        scales: real value of one integer step of the logits, per exit, for confidences; if None, the
            policy's, and no confidence at the last exit.
        host_cycles: clock cycles added to a frame for each hand-over by the host to the next stage.
        observe: function called with every answered batch, from the stages' threads.
        labelled: whether the logits are of classes; otherwise answers have no label and no confidence.

    Raises:
        BadOption: a value is out of range, or the policy is for another number of exits.
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
        labelled: bool = True,
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
            ("timeout_s", timeout_s, 0 < timeout_s <= LONGEST_S),
            ("hang_s", hang_s, hang_s is None or timeout_s <= hang_s <= 2 * LONGEST_S + 5),
            ("host_cycles", host_cycles, host_cycles >= 0),
            ("scales", scales, scales is None or len(scales) == stages),
        ):
            if not fits:
                raise BadOption(f"{what} of the exit controller", found=value)
        if give_up is None:
            give_up = retries + max(batch, 1).bit_length() + PATIENT_FAILURES
        window = WINDOW_BATCHES * batch if window is None else window
        if (slots := device.info.slots) is not None:  # room for one batch that waits and one that is computed
            batch, window = min(batch, max(1, slots // 2)), min(window, slots)
        self._batching = Batching(batch, window, retries, give_up, wait_s)
        self._decide = Decider(
            policy,
            stages,
            tuple(policy.scales if scales is None else scales),
            host_cycles,
            observe,
            labelled,
        )
        self.device, self._timeout_s = device, timeout_s
        self._hang_s = 2 * timeout_s + 5 if hang_s is None else hang_s
        self._hung: dict[int, Caller] = {}
        self._streaming = False

    def classify(self, frames: Iterable[npt.ArrayLike]) -> Generator[Answer, None, None]:
        """Yield the answers to frames, in the order of the frames.

        Frames are pulled in the caller's thread and not far ahead of the answers, so they may be endless.
        Closing the iterator early ends all work after the running calls.

        Args:
            frames: each integers [C, H, W], [H, W] or in stream order (see
                :func:`toolkit.runtime.frames.stream_order`); an array [N, C, H, W] is one such sequence.

        Raises:
            DataError: a frame has another shape or range; raised after the answers to those before it.
            Exception: any error of ``frames``, likewise; any error of the policy, at once.
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
    ) -> AsyncGenerator[Answer, None]:
        """Yield answers as :meth:`classify` does, without blocking the event loop.

        An answer does not wait for the next frame to be pulled. A plain iterable is read in another thread,
        one batch at a time; for a live source, pass an asynchronous iterable and set ``wait_s``.
        """
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def notify() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits
                loop.call_soon_threadsafe(changed.set)

        pipeline = self._start(notify)
        feeding = asyncio.create_task(self._feed(pipeline, frames, changed))
        try:
            while not pipeline.schedule.done:
                changed.clear()
                if answers := pipeline.take(wait=False):
                    for answer in answers:
                        yield answer
                elif not pipeline.schedule.done:
                    await changed.wait()
            await feeding  # raises the error of the frames, if any
        finally:
            pipeline.end()  # also ends a source that goes on when it is cancelled
            feeding.cancel()
            try:
                await asyncio.gather(feeding, return_exceptions=True)
            finally:
                await in_thread(lambda: self._stop(pipeline))

    async def _feed(
        self,
        pipeline: Pipeline,
        frames: Iterable[npt.ArrayLike] | AsyncIterable[npt.ArrayLike],
        changed: asyncio.Event,
    ) -> None:
        """Admit frames until they end or the stream does; every wait looks again after every change."""
        entry, schedule = self.device.info.stages[0].input, pipeline.schedule
        try:
            async with contextlib.aclosing(pull(frames, self._batching.batch)) as pulled:
                async for frame in pulled:
                    values = stream_order(frame, entry)
                    changed.clear()
                    while not schedule.room and not schedule.ended:
                        await changed.wait()
                        changed.clear()
                    if schedule.ended:
                        return
                    pipeline.admit(values)
        finally:
            pipeline.end()

    def _start(self, notify: Callable[[], object] = lambda: None) -> Pipeline:
        if self._streaming:
            what = f"exit controller of {self.device.info.name}"
            fix = "Exhaust or close the stream that is open."
            raise DeviceError(what, expected="one stream at a time", fix=fix)
        # A stage that hung in an earlier stream is called again only if that call has returned meanwhile.
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
