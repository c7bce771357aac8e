"""Compares the chip's argmax with the lowest class of the greatest golden logit, on every frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit import rtl
from toolkit.core.env import settings
from toolkit.core.errors import NothingCompared
from toolkit.core.stream import Stream
from toolkit.exits import ExitPolicy
from toolkit.sim import RtlDesign, build
from toolkit.verify.compare import require_equal
from toolkit.verify.structure.decision import require_decision

Ints = NDArray[np.int64]
SOURCE = rtl.block("argmax")
_INDICES = 16  # the chip shows the class in four bits


def require_answers(policy: ExitPolicy, golden: Sequence[Ints], streams: Sequence[Stream]) -> int:
    """Check exit and answer of every frame: the policy's decisions, and the chip's argmax.

    Of several groups of logits no chip names an answer.

    Arguments, result and errors as of :func:`require_decision` and :func:`require_argmax`.
    """
    decided = require_decision(policy, golden)
    return decided + (require_argmax(golden, streams, settings().jobs) if policy.groups == 1 else 0)


def require_argmax(
    golden: Sequence[Ints], streams: Sequence[Stream], jobs: int = 2, source: Path = SOURCE
) -> int:
    """Simulate ``offramp_argmax`` on the golden logits of every exit, each frame also with a tie at its top.

    Args:
        golden: golden logits of each exit, int64 [N, classes].
        streams: streams of these logits on the chip.
        jobs: number of simulation processes.
        source: file of the module.

    Returns:
        Number of compared classes.

    Raises:
        VerificationMismatch: a class differs; names exit, frame and both classes.
        NothingCompared: there are no frames.
    """
    if not min(map(len, golden), default=0):
        raise NothingCompared("classes of the chip's argmax", expected="at least one frame", found="none")
    compared, most = 0, max(stream.element_bits for stream in streams)
    for k, (logits, stream) in enumerate(zip(golden, streams, strict=True)):
        bits, classes = stream.element_bits, logits.shape[1]
        values = np.concatenate([logits, _tied(logits)])
        design = RtlDesign(
            top="argmax_stream",
            sources=(source, Path(__file__).with_suffix(".sv")),
            inputs=(Stream("in0_V", bits, True, 1, classes),),
            outputs=(Stream("out0_V", 4, False, 1, 1),),
            parameters={"ELEMENT_BITS": most, "BITS": bits, "ELEMENTS": classes},
        )
        run = build(design, quick=True, stored=True).run({"in0_V": values[:, :, None]}, jobs=jobs)
        lowest = np.array([row.index(max(row)) % _INDICES for row in values.tolist()], np.int64)
        what = f"class of the chip's argmax at exit {k} (frames from {len(logits)} on have ties)"
        compared += require_equal(lowest, run.outputs["out0_V"].reshape(-1), what, ())
    return compared


def _tied(logits: Ints) -> Ints:
    """Return the frames with their greatest logit in a second class as well, frame n's in class n."""
    tied, frames = logits.copy(), np.arange(len(logits))
    tied[frames, frames % logits.shape[1]] = logits.max(axis=1)
    return tied
