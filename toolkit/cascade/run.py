"""Runs frames through the exit controller and a device, and compares them with the golden cascade."""

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
from toolkit.runtime import Device, ExitController
from toolkit.runtime.decide import BatchRecord
from toolkit.runtime.schedule import require_answers
from toolkit.verify.compare import require_equal

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CascadeRun:
    """The answers to all frames, and the pace of every stage.

    Attributes:
        answers: answer to every frame.
        paces: pace of each stage from the cycle stamps; None if too few frames reached it.
        compared: number of integers found equal to golden.
    """

    answers: CascadeAnswers
    paces: tuple[StagePace | None, ...]
    compared: int

    def paces_or(self, paths: Sequence[Sizing]) -> tuple[StagePace, ...]:
        """Return every stage's pace; that of its exit path, which is slower, if too few frames reached it."""
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
        device: open device.
        policy: exit policy of the controller and of the golden cascade.
        frames: integers (N, C, H, W).
        golden: golden logits of each exit, int64 [N, classes].
        batch: frames sent to a stage at once.
        progress: receiver of progress, in answered frames.

    Raises:
        VerificationMismatch: an answer differs from golden; names frame, position and both values.
        NothingCompared: there are no frames.
        FramesLost: the device did not answer some frames.
    """
    records: list[BatchRecord] = []
    # An hour: a simulation takes minutes for a batch, and a deadlock ends it much earlier.
    controller = ExitController(device, policy, batch=batch, timeout_s=3600, observe=records.append)
    answers = []
    for answer in controller.classify(frames):
        answers.append(answer)
        progress(f"classify on {device.info.name}", len(answers), len(frames))
    require_answers(answers)
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
    """Compute the interval in steady state, and the latency of frames that enter an empty stage."""
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
