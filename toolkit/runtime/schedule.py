"""The order of work in a cascade: which frames each stage takes next. No threads, clocks or devices here.

A frame is admitted, waits in the queue of stage 0, goes through it in a batch, and is answered or waits for
stage 1, and so on. Answers are returned in the order of admission. Every admitted frame is in exactly one
place: a queue, a running batch, a batch to be tried again, or among the answers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import BadOption, OfframpError
from toolkit.runtime.errors import DeviceError, FramesLost

LONGEST_S = 1e6
"""Longest time limit in seconds; an infinite one could not be waited for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one frame.

    Attributes:
        index: number of the frame, from 0.
        label: class with the largest logit, the lowest among equals, or the classes of all groups of logits
            in one number; None if there is no answer, or outputs are no logits of classes.
        exit: index of the exit it left by; None if there is no answer.
        logits: integer logits of that exit, one per class.
        confidence: softmax probability of the label, or of the class of the least sure group; None if the
            scale of the logits is not known.
        cycles: clock cycles in the stages it passed (and ``host_cycles`` between them); None if the device
            does not count.
        error: reason why there is no answer.
    """

    index: int
    label: int | None
    exit: int | None
    logits: tuple[int, ...] = ()
    confidence: float | None = None
    cycles: int | None = None
    error: OfframpError | None = None


def require_answers(answers: Iterable[Answer]) -> None:
    """Refuse answers with errors.

    Raises:
        FramesLost: some frames were not answered; names them and the first error.
    """
    if errors := {answer.index: answer.error for answer in answers if answer.error is not None}:
        raise FramesLost(errors, next(iter(errors.values())))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A frame that waits for a stage.

    Attributes:
        index: number of the frame.
        values: input of the stage, integers [elements].
        since: time at which it began to wait, :func:`time.monotonic`.
        cycles: clock cycles spent so far; None if not counted.
    """

    index: int
    values: npt.NDArray[np.integer]
    since: float
    cycles: int | None = 0


@dataclass(frozen=True)
class Job:
    """A batch for a stage, with the number of times it has failed."""

    stage: int
    frames: Sequence[Waiting]
    failures: int = 0

    @property
    def indices(self) -> list[int]:
        """Numbers of the frames."""
        return [frame.index for frame in self.frames]


@dataclass(frozen=True)
class Batching:
    """Limits of batches and of retries.

    Attributes:
        batch: largest number of frames sent to a stage at once.
        window: largest number of frames in flight, which bounds memory.
        retries: number of times a failed batch is tried again as a whole; then it is halved, down to frames.
        give_up: failures of a stage in a row after which it is not called any more.
        wait_s: seconds a frame waits for its batch to fill; None: until no further frame can join it.

    Raises:
        BadOption: a value is out of range.
    """

    batch: int
    window: int
    retries: int
    give_up: int
    wait_s: float | None

    def __post_init__(self) -> None:
        for what, value, low in (
            ("batch", self.batch, 1),
            ("window", self.window, self.batch),
            ("retries", self.retries, 0),
            ("give_up", self.give_up, 1),
        ):
            if not value >= low:
                raise BadOption(what, expected=f"at least {low}", found=value)
        if self.wait_s is not None and not 0 <= self.wait_s <= LONGEST_S:
            raise BadOption("wait_s", expected=f"0 to {LONGEST_S:g}", found=self.wait_s)


class Schedule:
    """The state of one stream of frames. Not thread-safe: the caller holds a lock.

    Attributes:
        ended: whether no more frames will be admitted.
        awaited: whether the consumer waits for an answer and does nothing else.
        next: number of the frame whose answer is returned next.
    """

    def __init__(self, stages: int, batching: Batching) -> None:
        self.batching = batching
        self.ended = self.awaited = False
        self.next = 0
        self._admitted = 0
        self._queues: list[deque[Waiting]] = [deque() for _ in range(stages)]
        self._again: list[deque[Job]] = [deque() for _ in range(stages)]
        self._at_work = [False] * stages
        self._failures = [0] * stages
        self._dead: list[OfframpError | None] = [None] * stages
        self._answers: dict[int, Answer] = {}

    @property
    def room(self) -> bool:
        """Whether a frame may be admitted: at most two batches wait for stage 0, a window is in flight."""
        entry = len(self._queues[0]) < 2 * self.batching.batch
        return entry and self._admitted - self.next < self.batching.window

    @property
    def due(self) -> bool:
        """Whether the next answer is available."""
        return self.next in self._answers

    @property
    def done(self) -> bool:
        """Whether no more frames will come and all answers have been taken."""
        return self.ended and self.next == self._admitted

    def admit(self, values: npt.NDArray[np.integer], now: float) -> bool:
        """Add the next frame; return whether this lets anyone proceed who may be waiting.

        It does if a batch is full, a time limit starts, no further frame can come before an answer is taken,
        or the frame is answered already, as stage 0 is dead.
        """
        self._enqueue(0, [Waiting(self._admitted, values, now)])
        self._admitted += 1
        waiting = len(self._queues[0])
        starts = waiting == 1 and self.batching.wait_s is not None
        return waiting == self.batching.batch or starts or not self.room or self.due

    def next_job(self, stage: int, now: float) -> Job | None:
        """Return the next batch for an idle stage, or None; the caller must end it with finish or fail."""
        if self._again[stage]:
            job = self._again[stage].popleft()
        else:
            queue = self._queues[stage]
            if not queue or not self._goes(stage, now):
                return None
            job = Job(stage, [queue.popleft() for _ in range(min(self.batching.batch, len(queue)))])
        self._at_work[stage] = True
        return job

    def due_in(self, stage: int, now: float) -> float | None:
        """Return the seconds until a partly filled batch is due; None: there is no time limit."""
        if self.batching.wait_s is None or not self._queues[stage]:
            return None
        return max(0.0, self._queues[stage][0].since + self.batching.wait_s - now)

    def finish(self, job: Job, answers: Sequence[Answer], stay: Sequence[Waiting]) -> None:
        """End a batch: ``answers`` are of frames that leave, ``stay`` wait for the next stage."""
        self._at_work[job.stage] = False
        self._failures[job.stage] = 0
        self._answers.update((answer.index, answer) for answer in answers)
        if stay:
            self._enqueue(job.stage + 1, stay)

    def fail(self, job: Job, error: OfframpError, final: bool = False) -> None:
        """End a failed batch: try it again, halve it, or answer its single frame with the error.

        Args:
            job: batch that failed.
            error: reason.
            final: whether the stage will not answer any more.
        """
        stage, frames = job.stage, job.frames
        self._at_work[stage] = False
        self._failures[stage] += 1
        if final or self._failures[stage] >= self.batching.give_up:
            self.abandon(stage, error)
            self._lose(frames, error)
        elif job.failures < self.batching.retries:
            self._again[stage].appendleft(replace(job, failures=job.failures + 1))
        elif len(frames) > 1:
            middle = len(frames) // 2
            halves = [replace(job, frames=part) for part in (frames[middle:], frames[:middle])]
            self._again[stage].extendleft(halves)
        else:
            self._lose(frames, error)

    def abandon(self, stage: int, error: OfframpError) -> None:
        """Give up a stage: all frames that wait for it, now or later, are answered with the error."""
        why = DeviceError(f"stage {stage} has been given up", found=error)
        self._dead[stage] = why
        for job in self._again[stage]:
            self._lose(job.frames, why)
        self._lose(self._queues[stage], why)
        self._again[stage].clear()
        self._queues[stage].clear()

    def take(self) -> list[Answer]:
        """Remove and return the answers that are due, in order."""
        due = []
        while (answer := self._answers.pop(self.next, None)) is not None:
            due.append(answer)
            self.next += 1
        return due

    def _enqueue(self, stage: int, frames: Sequence[Waiting]) -> None:
        if (error := self._dead[stage]) is not None:
            self._lose(frames, error)
        else:
            self._queues[stage].extend(frames)

    def _lose(self, frames: Sequence[Waiting], error: OfframpError) -> None:
        lost = (Answer(frame.index, None, None, error=error) for frame in frames)
        self._answers.update((answer.index, answer) for answer in lost)

    def _busy(self, stage: int) -> bool:
        return self._at_work[stage] or bool(self._again[stage])

    def _goes(self, stage: int, now: float) -> bool:
        """Whether the waiting frames go to the stage now, even if they do not fill a batch."""
        late = self.due_in(stage, now) == 0.0
        return self._full(stage) or late or self._complete(stage) or self._stuck(stage)

    def _full(self, stage: int) -> bool:
        return len(self._queues[stage]) >= self.batching.batch

    def _complete(self, stage: int) -> bool:
        """Whether no further frame can join those that wait for this stage."""
        return self.ended and not any(self._busy(k) or self._queues[k] for k in range(stage))

    def _stuck(self, stage: int) -> bool:
        """Whether nothing can proceed before the oldest frame, which waits for this stage.

        True only if all stages are idle: so the frames that share a batch do not depend on timing.
        """
        if not self.awaited or self.room or self._queues[stage][0].index != self.next:
            return False
        stages = range(len(self._queues))
        return not any(self._busy(k) or self._full(k) for k in stages)
