"""The decision about an answered batch: who leaves with which answer, who goes on with which feature map."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import BadOption
from toolkit.runtime.device import Cycles, Reply
from toolkit.runtime.schedule import Answer, Job, Waiting


class Policy(Protocol):
    """What the controller needs of an exit policy (``toolkit.exits.ExitPolicy``)."""

    @property
    def thresholds(self) -> Sequence[float]:
        """One per early exit."""

    @property
    def scales(self) -> Sequence[float]:
        """Real value of one step of the logits, per early exit."""

    def leaves(self, k: int, logits: npt.NDArray[np.int64], /) -> npt.NDArray[np.bool_]:
        """Which of the frames [N] with these logits [N, classes] leave at exit k."""


@dataclass(frozen=True)
class BatchRecord:
    """One answered batch, for who wants to know more than the answers.

    Attributes:
        stage: that answered.
        indices: int64 [n], numbers of its frames.
        cycles: the device's stamps, if it counts.
        watts: the device's power, if it measures.
    """

    stage: int
    indices: npt.NDArray[np.int64]
    cycles: Cycles | None
    watts: float | None


@dataclass(frozen=True)
class Decider:
    """Applies a policy to batches.

    Attributes:
        policy: says who leaves.
        stages: of the device; at the last one everybody leaves.
        scales: of the logits, for the first exits or all of them.
        host_cycles: that a frame spends at the host between two stages.
        observe: is told of every batch.
    """

    policy: Policy
    stages: int
    scales: tuple[float, ...]
    host_cycles: int
    observe: Callable[[BatchRecord], None] | None

    def __call__(self, job: Job, reply: Reply) -> tuple[list[Answer], list[Waiting]]:
        """The frames that leave, answered, and those that stay, waiting for the next stage.

        Raises:
            BadOption: the policy does not decide about each frame.
        """
        if self.observe is not None:
            record = BatchRecord(job.stage, np.array(job.indices, np.int64), reply.cycles, reply.watts)
            self.observe(record)
        leave = self._leave(job.stage, reply.logits)
        return self._answers(job, reply, leave), self._stay(job, reply, ~leave)

    def _leave(self, stage: int, logits: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        if stage == self.stages - 1:
            return np.ones(len(logits), dtype=bool)
        leave = np.asarray(self.policy.leaves(stage, logits))
        if leave.shape != (len(logits),) or leave.dtype != bool:
            found = f"{leave.dtype} {list(leave.shape)}"
            raise BadOption(f"exit policy at exit {stage}", expected=f"bool [{len(logits)}]", found=found)
        return leave

    def _answers(self, job: Job, reply: Reply, leave: npt.NDArray[np.bool_]) -> list[Answer]:
        rows = np.flatnonzero(leave)
        logits = reply.logits[rows]
        confidence: list[float] | list[None] = [None] * len(rows)
        if job.stage < len(self.scales):
            below = (logits - logits.max(axis=1, keepdims=True)) * self.scales[job.stage]
            confidence = (1.0 / np.exp(below).sum(axis=1)).tolist()
        spent = None if reply.cycles is None else reply.cycles.logits_out - reply.cycles.first_in
        labels = logits.argmax(axis=1).tolist()
        columns = zip(rows.tolist(), labels, logits.tolist(), confidence, strict=True)
        return [
            Answer(
                index=job.frames[row].index,
                label=label,
                exit=job.stage,
                logits=tuple(numbers),
                confidence=sure,
                cycles=_cycles(job.frames[row], spent, row),
            )
            for row, label, numbers, sure in columns
        ]

    def _stay(self, job: Job, reply: Reply, stay: npt.NDArray[np.bool_]) -> list[Waiting]:
        rows = np.flatnonzero(stay)
        if reply.feature_map is None or not len(rows):
            return []
        stamps, spent = reply.cycles, None
        if stamps is not None and stamps.map_out is not None:
            spent = stamps.map_out - stamps.first_in + self.host_cycles
        # A copy of the rows that stay: the rest of the batch is let go of.
        maps, now = reply.feature_map[rows], time.monotonic()
        return [
            Waiting(job.frames[row].index, values, now, _cycles(job.frames[row], spent, row))
            for row, values in zip(rows.tolist(), maps, strict=True)
        ]


def _cycles(frame: Waiting, spent: npt.NDArray[np.int64] | None, row: int) -> int | None:
    return None if spent is None or frame.cycles is None else frame.cycles + int(spent[row])
