"""What a network with exits is worth: accuracy per exit, and combined accuracy against the exit rate.

Everything works on arrays of logits, whoever computed them: PyTorch, golden execution or hardware. The
criterion here is the literature's top-1 probability (float softmax); frames leave at the first exit whose
probability reaches its threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from hw_models.network import EarlyExitNet
from toolkit.core.errors import BadOption
from toolkit.data import Split
from toolkit.train.batches import Batches

Logits = Sequence[npt.NDArray[np.floating]]
"""Per exit real-valued logits [N, classes]; integer logits are to be multiplied by their scale first."""


@torch.inference_mode()
def exit_logits(net: EarlyExitNet, split: Split, batch: int = 1000) -> list[npt.NDArray[np.float32]]:
    """Logits of every exit for every image, computed in evaluation mode; per exit float32 [N, classes]."""
    device = next(net.parameters()).device
    training = net.training
    net.eval()
    rows = [[exit_.cpu() for exit_ in net(images.to(device))] for images, _ in Batches(split, batch)]
    net.train(training)
    return [torch.cat(exit_).numpy() for exit_ in zip(*rows, strict=True)]


def accuracies(logits: Logits, labels: npt.NDArray[np.int64]) -> list[float]:
    """Accuracy of each exit if every frame left there."""
    return [float(np.mean(exit_.argmax(axis=1) == labels)) for exit_ in logits]


def top1(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Largest softmax probability [N] of logits [N, classes]."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return 1.0 / np.exp(shifted).sum(axis=1)


@dataclass(frozen=True)
class Combined:
    """What happens when frames leave early.

    Attributes:
        accuracy: of all frames, each answered at the exit it left by.
        exit_rates: per exit, the part of all frames that left there; they add up to 1.
        exited_accuracies: per exit, the accuracy of those frames; nan where none left.
    """

    accuracy: float
    exit_rates: tuple[float, ...]
    exited_accuracies: tuple[float, ...]


def combine(logits: Logits, labels: npt.NDArray[np.int64], thresholds: Sequence[float]) -> Combined:
    """Answer every frame at the first exit k with top-1 probability >= thresholds[k], else at the last.

    Raises:
        BadOption: there is not one threshold for each early exit.
    """
    if len(thresholds) != len(logits) - 1:
        raise BadOption(
            "thresholds", expected=f"{len(logits) - 1}, one per early exit", found=len(thresholds)
        )
    left = np.full(len(labels), len(logits) - 1)
    for index in range(len(thresholds) - 1, -1, -1):
        left[top1(logits[index]) >= thresholds[index]] = index
    hits = np.stack([exit_.argmax(axis=1) == labels for exit_ in logits])[left, np.arange(len(labels))]
    members = [left == index for index in range(len(logits))]
    return Combined(
        float(hits.mean()),
        tuple(float(member.mean()) for member in members),
        tuple(float(hits[member].mean()) if member.any() else float("nan") for member in members),
    )


def thresholds_for(logits: Logits, exit_rate: float) -> tuple[float, ...]:
    """The highest thresholds at which at least ``exit_rate`` of the frames reaching each early exit leave.

    Rounded down to six decimals, so that a written threshold means the same frames. Choose them on
    calibration data only.
    """
    remaining = np.ones(len(logits[0]), dtype=bool)
    thresholds = []
    for exit_ in logits[:-1]:
        certainty = top1(exit_)
        ranked = np.sort(certainty[remaining])[::-1]
        leaving = int(np.ceil(exit_rate * len(ranked)))
        threshold = 0.0 if leaving == 0 and not len(ranked) else float(ranked[max(leaving, 1) - 1])
        thresholds.append(np.floor(threshold * 1e6) / 1e6)
        remaining &= certainty < thresholds[-1]
    return tuple(float(threshold) for threshold in thresholds)


@dataclass(frozen=True)
class ThresholdCurve:
    """One point per threshold of exit 0 (the other early exits, if any, keep theirs); all float64 [T]."""

    thresholds: npt.NDArray[np.float64]
    accuracies: npt.NDArray[np.float64]
    exit_rates: npt.NDArray[np.float64]


def threshold_curve(
    logits: Logits, labels: npt.NDArray[np.int64], points: int = 101, others: Sequence[float] = ()
) -> ThresholdCurve:
    """Combined accuracy and exit rate of exit 0 over its threshold, from guessing (1/classes) to 1."""
    grid = np.linspace(1.0 / logits[0].shape[1], 1.0, points)
    results = [combine(logits, labels, (threshold, *others)) for threshold in grid]
    return ThresholdCurve(
        grid,
        np.array([result.accuracy for result in results]),
        np.array([result.exit_rates[0] for result in results]),
    )
