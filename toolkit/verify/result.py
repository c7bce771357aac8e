"""The results of verification on disk: amounts compared, and golden logits."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from toolkit.core.artifact import Arrays, Artifact, Record
from toolkit.core.quantities import Count, Cycles


class Constants(Record):
    """The numbers of constants in the RTL of every accelerator that were found equal to the exported ones."""

    weights: Count = 0
    thresholds: Count = 0
    biases: Count = 0
    parameters: Count = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.weights + self.thresholds + self.biases + self.parameters


class Verification(Artifact):
    """Hardware against software: every comparison found equal integers.

    Attributes:
        frames: number of test images compared without stalls.
        layers: number of streams between layers that were compared, 0 if not asked for.
        compared: number of compared integers, over all comparisons.
        mismatches: number of integers that differed; the first one would have stopped the run.
        stall_patterns: names of the stall patterns.
        stall_frames: least number of frames of a path under each pattern but "none".
        pytorch_differing_frames: number of frames with another logit in PyTorch; 0 for power-of-two scales.
        constants: constants read back from the RTL and its memory images; part of ``compared``.
    """

    FILE: ClassVar[str] = "verification.json"
    SCHEMA: ClassVar[int] = 2

    frames: Cycles
    layers: Count
    compared: Cycles
    mismatches: Literal[0]
    stall_patterns: tuple[str, ...]
    stall_frames: Count
    pytorch_differing_frames: Count
    constants: Constants


class GoldenLogits(Arrays):
    """Golden logits of the test images.

    Attributes:
        logits: int64 [exits, N, classes].
    """

    FILE: ClassVar[str] = "golden.npz"

    logits: np.ndarray
