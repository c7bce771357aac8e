"""The decision about an answered batch: which frames leave, and which go on to the next stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import BadOption
from toolkit.core.groups import answers_of, split_groups
from toolkit.runtime.device import Cycles, Reply
from toolkit.runtime.schedule import Answer, Job, Waiting


class Policy(Protocol):
    """The part of an exit policy that the controller uses (see ``toolkit.exits.ExitPolicy``)."""

    @property
    def thresholds(self) -> Sequence[float]:
        """Thresholds, one per early exit."""

    @property
    def scales(self) -> Sequence[float]:
        """Real value of one integer step of the logits, per early exit."""

    @property
    def groups(self) -> int:
        """Number of groups of logits, each of which names a class."""

    def leaves(self, k: int, logits: npt.NDArray[np.int64], /) -> npt.NDArray[np.bool_]:
        """Return which frames leave at exit k, bool [N], given int64 logits [N, groups * classes]."""


@dataclass(frozen=True)
class BatchRecord:
    """One answered batch, for observers that need more than the answers.

    Attributes:
        stage: index of the stage.
        indices: numbers of its frames, int64 [n].
        cycles: cycle stamps; None if the device does not count.
        watts: mean power in W; None if the device does not measure it.
    """

    stage: int
    indices: npt.NDArray[np.int64]
    cycles: Cycles | None
    watts: float | None


@dataclass(frozen=True)
class Decider:
    """Applies a policy to batches.

    Attributes:
        policy: exit policy.
        stages: number of stages; all frames leave at the last one.
        scales: real value of one integer step of the logits, for the first exits or all of them.
        host_cycles: clock cycles that a frame spends at the host between two stages.
        observe: function called with every batch.
        labelled: whether the logits are of classes; otherwise answers have no label and no confidence.
    """

    policy: Policy
    stages: int
    scales: tuple[float, ...]
    host_cycles: int
    observe: Callable[[BatchRecord], None] | None
    labelled: bool = True

    def __call__(self, job: Job, reply: Reply) -> tuple[list[Answer], list[Waiting]]:
        """Return the answers of the frames that leave, and the frames that wait for the next stage.

        Raises:
            BadOption: the policy does not return one bool per frame.
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
        labels: list[int] | list[None] = [None] * len(rows)
        if self.labelled:
            labels = answers_of(logits, self.policy.groups).tolist()
        if self.labelled and job.stage < len(self.scales):
            # Softmax relative to the largest logit, so that exp never overflows.
            grouped = split_groups(logits, self.policy.groups)
            below = (grouped - grouped.max(axis=2, keepdims=True)) * self.scales[job.stage]
            confidence = (1.0 / np.exp(below).sum(axis=2)).min(axis=1).tolist()
        spent = None if reply.cycles is None else reply.cycles.logits_out - reply.cycles.first_in
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
        # Fancy indexing copies the rows that stay, so that the whole batch can be freed.
        maps, now = reply.feature_map[rows], time.monotonic()
        return [
            Waiting(job.frames[row].index, values, now, _cycles(job.frames[row], spent, row))
            for row, values in zip(rows.tolist(), maps, strict=True)
        ]


def _cycles(frame: Waiting, spent: npt.NDArray[np.int64] | None, row: int) -> int | None:
    return None if spent is None or frame.cycles is None else frame.cycles + int(spent[row])
