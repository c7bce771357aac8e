"""What verification leaves on disk: how much was compared, and the golden logits."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from toolkit.core.artifact import Arrays, Artifact

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


class Verification(Artifact):
    """Hardware against software: every comparison found equal integers.

    Attributes:
        frames: test images that went through the hardware without stalls.
        layers: streams between layers that were compared, 0 if not asked for.
        compared: integers compared, over all links.
        mismatches: integers that differed; the first one would have stopped the run.
        stall_patterns: names of the stall patterns that frames went through.
        stall_frames: frames under each pattern but "none".
        pytorch_differing_frames: frames with a logit that PyTorch gives otherwise; 0 for power-of-two scales.
    """

    FILE: ClassVar[str] = "verification.json"

    frames: Positive
    layers: Count
    compared: Positive
    mismatches: Literal[0]
    stall_patterns: tuple[str, ...]
    stall_frames: Count
    pytorch_differing_frames: Count


class GoldenLogits(Arrays):
    """Golden logits of the test images.

    Attributes:
        logits: int64 [exits, N, classes].
    """

    FILE: ClassVar[str] = "golden.npz"

    logits: np.ndarray
