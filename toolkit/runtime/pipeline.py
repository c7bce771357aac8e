"""Runs one stream of frames: a thread per stage around a shared schedule."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import OfframpError
from toolkit.core.topology import stage_name
from toolkit.runtime.caller import Caller, Hung
from toolkit.runtime.device import Device, Reply, check_reply
from toolkit.runtime.errors import DeviceError, DeviceTimeout, frames_in_words
from toolkit.runtime.schedule import Answer, Batching, Job, Schedule, Waiting

Settle = Callable[[Job, Reply], tuple[Sequence[Answer], Sequence[Waiting]]]
"""Divides the frames of an answered batch into answers and frames for the next stage."""


class Pipeline:
    """A worker thread per stage, from construction to :meth:`close`.

    Stages run at the same time; each worker has one batch at a time.
    """

    def __init__(
        self,
        device: Device,
        settle: Settle,
        batching: Batching,
        timeout_s: float,
        hang_s: float,
        dead: Mapping[int, OfframpError],
        notify: Callable[[], object] = lambda: None,
    ) -> None:
        """Start the workers.

        Args:
            device: open device.
            settle: function that divides an answered batch; called from the workers.
            batching: limits of batches and retries.
            timeout_s: time limit of the device for a batch, in seconds.
            hang_s: seconds after which a call is abandoned.
            dead: stages that must not be called, with the reasons.
            notify: function called after every change, from any thread.
        """
        self._device, self._settle, self._notify = device, settle, notify
        self._timeout_s, self._hang_s = timeout_s, hang_s
        stages = len(device.info.stages)
        self.schedule = Schedule(stages, batching)
        for stage, why in dead.items():
            self.schedule.abandon(stage, why)
        self._changed = threading.Condition()
        self._closed = False
        self._fault: BaseException | None = None
        self.hung: dict[int, Caller] = {}
        # Daemons, since a worker waits for its call: a device that hangs must not keep the program alive.
        self._workers = [
            threading.Thread(target=self._work, args=(k,), name=f"offramp-{stage_name(k)}", daemon=True)
            for k in range(stages)
        ]
        for worker in self._workers:
            worker.start()

    def admit(self, values: npt.NDArray[np.integer]) -> None:
        """Add a frame, integers [elements]; there must be room for it."""
        with self._changed:
            if self.schedule.admit(values, time.monotonic()):
                self._tell()

    def end(self) -> None:
        """Declare that no more frames will be added."""
        with self._changed:
            self.schedule.ended = True
            self._tell()

    def take(self, wait: bool) -> list[Answer]:
        """Return the answers that are due, in order; empty if there are none.

        Args:
            wait: wait until there is an answer, room for a frame, or the stream is done.

        Raises:
            Exception: any error of the exit policy.
        """
        schedule = self.schedule
        with self._changed:
            while True:
                if self._fault is not None:
                    raise self._fault
                answers = schedule.take()
                schedule.awaited = not answers and not schedule.done
                if answers:
                    self._tell()  # they made room
                elif schedule.awaited:
                    self._changed.notify_all()  # wakes workers that hold frames back to fill a batch
                if not wait or not schedule.awaited or (schedule.room and not schedule.ended):
                    return answers
                self._changed.wait()

    def close(self) -> None:
        """End the workers, after running calls unless they hang."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.join()

    def _work(self, stage: int) -> None:
        caller = Caller(f"offramp-{stage_name(stage)}-call")
        try:
            while (job := self._next(stage)) is not None:
                self._do(job, caller)
        except BaseException as fault:  # an error of the policy: raised in the thread that takes answers
            with self._changed:
                self._fault = fault
                self._tell()
        finally:
            caller.close()

    def _next(self, stage: int) -> Job | None:
        with self._changed:
            while not self._closed and not self.schedule.done:
                now = time.monotonic()
                if (job := self.schedule.next_job(stage, now)) is not None:
                    self._tell()
                    return job
                self._changed.wait(self.schedule.due_in(stage, now))
        return None

    def _do(self, job: Job, caller: Caller) -> None:
        try:
            reply = self._ask(job, caller)
        except DeviceError as error:
            with self._changed:
                self.schedule.fail(job, error, final=error.final or job.stage in self.hung)
                self._tell()
            return
        answers, stay = self._settle(job, reply)
        self._let_go(job, reply, answers)  # before finish(), which lets others use the freed slots
        with self._changed:
            self.schedule.finish(job, answers, stay)
            self._tell()

    def _let_go(self, job: Job, reply: Reply, answers: Sequence[Answer]) -> None:
        """Release the feature maps of frames that have left."""
        if reply.feature_map is not None and answers:
            left = {answer.index for answer in answers}
            rows = [row for row, frame in enumerate(job.frames) if frame.index in left]
            self._device.settled(job.stage, reply.feature_map[rows])

    def _ask(self, job: Job, caller: Caller) -> Reply:
        """Send a batch and check the reply; any failure of the device is raised as a DeviceError."""
        batch = np.stack([frame.values for frame in job.frames])
        info, stage = self._device.info, job.stage
        try:
            reply = caller.call(lambda: self._device.run(stage, batch, self._timeout_s), self._hang_s)
            return check_reply(info, stage, job.indices, reply)
        except DeviceError:
            raise
        except Hung:
            self.hung[stage] = caller
            where = f"{info.name}, stage {stage}, {frames_in_words(job.indices)}"
            limit = f"an answer or an error within {self._hang_s:g} s"
            raise DeviceTimeout(where, expected=limit, found="neither", fix="Reset the device.") from None
        except BaseException as cause:  # not raised in this thread: even SystemExit is the driver's
            where = f"{info.name}, stage {stage}, {frames_in_words(job.indices)}"
            raise DeviceError(where, found=f"{type(cause).__name__}: {cause}") from cause

    def _tell(self) -> None:
        """Wake everyone who waits; called with the lock after every change that lets anyone proceed."""
        self._changed.notify_all()
        self._notify()
