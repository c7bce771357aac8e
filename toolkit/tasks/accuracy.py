"""Evaluation of networks with early exits: accuracy per exit, combined accuracy and exit rates.

All functions take arrays of logits, whether from PyTorch, golden execution or hardware. The criterion here is
the literature's top-1 probability (float softmax), of the least sure group of outputs; frames leave at the
first exit whose probability reaches its threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import BadOption
from toolkit.core.groups import answers_of, split_groups

Logits = Sequence[npt.NDArray[np.floating]]
"""Real-valued logits [N, groups * classes] of every exit; integer logits times their scale."""


def accuracies(logits: Logits, labels: npt.NDArray[np.int64], groups: int = 1) -> list[float]:
    """Return the accuracy of each exit over all frames."""
    return [float(np.mean(answers_of(exit_, groups) == labels)) for exit_ in logits]


def top1(logits: npt.NDArray[np.floating], groups: int = 1) -> npt.NDArray[np.float64]:
    """Return the largest softmax probability of logits [N, groups * classes], of the least sure group [N]."""
    grouped = split_groups(logits.astype(np.float64), groups)
    shifted = grouped - grouped.max(axis=2, keepdims=True)
    return (1.0 / np.exp(shifted).sum(axis=2)).min(axis=1)


@dataclass(frozen=True)
class Combined:
    """Figures of a network whose frames leave early.

    Attributes:
        accuracy: accuracy over all frames, each answered at the exit it left by.
        exit_rates: share of all frames that left at each exit; they add up to 1.
        exited_accuracies: accuracy of the frames that left at each exit; nan where none left.
        left: exit of each frame, int64 [N].
    """

    accuracy: float
    exit_rates: tuple[float, ...]
    exited_accuracies: tuple[float, ...]
    left: npt.NDArray[np.int64]


def combine(
    logits: Logits, labels: npt.NDArray[np.int64], thresholds: Sequence[float], groups: int = 1
) -> Combined:
    """Answer every frame at the first exit k with top-1 probability >= thresholds[k], else at the last.

    Raises:
        BadOption: the number of thresholds is not that of the early exits.
    """
    if len(thresholds) != len(logits) - 1:
        raise BadOption(
            "thresholds", expected=f"{len(logits) - 1}, one per early exit", found=len(thresholds)
        )
    left = np.full(len(labels), len(logits) - 1)
    for index in range(len(thresholds) - 1, -1, -1):
        left[top1(logits[index], groups) >= thresholds[index]] = index
    hits = np.stack([answers_of(exit_, groups) == labels for exit_ in logits])[left, np.arange(len(labels))]
    members = [left == index for index in range(len(logits))]
    return Combined(
        float(hits.mean()),
        tuple(float(member.mean()) for member in members),
        tuple(float(hits[member].mean()) if member.any() else float("nan") for member in members),
        left,
    )


def thresholds_for(logits: Logits, exit_rate: float, groups: int = 1) -> tuple[float, ...]:
    """Return the highest thresholds at which at least ``exit_rate`` of the frames at each early exit leave.

    They are rounded down to six decimals, so that the threshold as printed selects the same frames. Use
    calibration data only.
    """
    remaining = np.ones(len(logits[0]), dtype=bool)
    thresholds = []
    for exit_ in logits[:-1]:
        certainty = top1(exit_, groups)
        ranked = np.sort(certainty[remaining])[::-1]
        leaving = int(np.ceil(exit_rate * len(ranked)))
        threshold = 0.0 if leaving == 0 and not len(ranked) else float(ranked[max(leaving, 1) - 1])
        thresholds.append(np.floor(threshold * 1e6) / 1e6)
        remaining &= certainty < thresholds[-1]
    return tuple(float(threshold) for threshold in thresholds)
