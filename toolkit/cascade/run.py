"""Frames through the exit controller and a device, compared with the golden cascade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from toolkit.cascade.result import CascadeAnswers
from toolkit.cascade.timing import StagePace
from toolkit.compose import Sizing
from toolkit.core.errors import SimulationError
from toolkit.core.progress import Progress, silent
from toolkit.exits import ExitPolicy
from toolkit.runtime import Device, ExitController, FramesLost
from toolkit.runtime.decide import BatchRecord
from toolkit.verify.compare import require_equal

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CascadeRun:
    """Every answer, and the pace of every stage.

    Attributes:
        answers: of every frame.
        paces: one per stage, from the cycle stamps; None for a stage that too few frames reached to tell.
        compared: integers found equal to golden.
    """

    answers: CascadeAnswers
    paces: tuple[StagePace | None, ...]
    compared: int

    def paces_or(self, paths: Sequence[Sizing]) -> tuple[StagePace, ...]:
        """The pace of every stage; that of its exit path, a slower one, where hardly any frame reached it."""
        return tuple(
            pace or StagePace(interval=path.interval, logits=path.latency, feature_map=path.latency)
            for pace, path in zip(self.paces, paths, strict=True)
        )


def run_cascade(
    device: Device,
    policy: ExitPolicy,
    frames: npt.NDArray[np.integer],
    golden: Sequence[Ints],
    *,
    batch: int,
    progress: Progress = silent,
) -> CascadeRun:
    """Classify frames and compare every class, exit and logit with the golden cascade.

    Args:
        device: that reports cycles.
        policy: decides, at the host and in the golden cascade.
        frames: (N, C, H, W) integers.
        golden: per exit, golden logits int64 [N, classes].
        batch: frames sent to a stage at once.
        progress: told of the frames answered.

    Raises:
        VerificationMismatch: an answer that is not golden's; names frame, position and both values.
        NothingCompared: no frames.
        FramesLost: frames that the device did not answer.
    """
    records: list[BatchRecord] = []
    controller = ExitController(device, policy, batch=batch, timeout_s=3600, observe=records.append)
    answers = []
    for answer in controller.classify(frames):
        answers.append(answer)
        progress(f"classify on {device.info.name}", len(answers), len(frames))
    lost = [answer for answer in answers if answer.error is not None]
    if lost and lost[0].error is not None:
        raise FramesLost([answer.index for answer in lost], lost[0].error)
    labels = np.array([answer.label for answer in answers], np.int64)
    exits = np.array([answer.exit for answer in answers], np.int64)
    logits = np.array([answer.logits for answer in answers], np.int64)
    expected = policy.answer(golden)
    name = device.info.name
    compared = require_equal(expected.exits, exits, f"exit chosen on {name}", ())
    compared += require_equal(expected.logits, logits, f"logits answered by {name}", ("class",))
    compared += require_equal(expected.classes, labels, f"class answered by {name}", ())
    paces = tuple(_pace(records, stage) for stage in range(len(device.info.stages)))
    return CascadeRun(CascadeAnswers(labels=labels, exits=exits, logits=logits), paces, compared)


def _pace(records: Sequence[BatchRecord], stage: int) -> StagePace | None:
    """Steady interval, and the latency of the frames that found the stage empty."""
    stamps = [record.cycles for record in records if record.stage == stage and record.cycles is not None]
    gaps, logits, maps = [], [], []
    for one in stamps:
        bounds = [*one.starts, len(one.first_in)]
        for start, end in pairwise(bounds):
            gaps += np.diff(one.logits_out[start:end]).tolist()
            logits.append(int(one.logits_out[start] - one.first_in[start]))
            if one.map_out is not None:
                maps.append(int(one.map_out[start] - one.first_in[start]))
    if not gaps:
        return None
    if len({*logits}) > 1 or len({*maps}) > 1:
        raise SimulationError(
            f"latency of stage {stage} on an empty accelerator",
            expected="the same for every frame",
            found=f"{sorted({*logits})} cycles, feature map {sorted({*maps})}",
        )
    return StagePace(interval=int(np.median(gaps)), logits=logits[0], feature_map=maps[0] if maps else None)
