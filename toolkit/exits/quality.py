"""How well exits answer: torchmetrics of each exit and of the mix, and frames on which exits disagree.

Imports PyTorch in functions alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
from pydantic import model_validator

from toolkit.core.artifact import Record
from toolkit.core.groups import classes_of, split_groups
from toolkit.core.quantities import Count, NonNegative, Share

if TYPE_CHECKING:
    from torch import Tensor

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating]
TOP = (1, 2, 3, 5)
"""Numbers of best classes for which it is told how often the right one is among them."""
BINS = 15
"""Bins of the calibration error (Guo et al., arXiv 1706.04599)."""
CONFIDENCE = 0.95
RESAMPLES = 2000
_BATCH = 50


class Within(Record):
    """The middle 95 % of a share over resampled frames (bootstrap)."""

    low: Share
    high: Share


@lru_cache(maxsize=1024)
def interval(count: int, frames: int) -> Within:
    """Return the percentile bootstrap interval of the share ``count / frames``, of at least one frame.

    What is resampled are the frames. Of a share only their number and that of the hits matter, so equal
    counts have equal intervals; the resamples come from a fixed seed. A share of 0 or 1 has no width.
    """
    from scipy.stats import bootstrap

    if count in (0, frames):  # scipy refuses a single frame
        return Within(low=count / frames, high=count / frames)
    hits = np.arange(frames) < count
    found = bootstrap(
        (hits,),
        np.mean,
        n_resamples=RESAMPLES,
        batch=_BATCH,
        confidence_level=CONFIDENCE,
        method="percentile",
        vectorized=True,
        random_state=0,
    ).confidence_interval
    return Within(low=float(found.low), high=float(found.high))


class ClassQuality(Record):
    """Figures of one class. A share is 0 where nothing could be counted, as torchmetrics has it.

    Attributes:
        frames: frames of the class.
        true_positives, false_positives: frames that were said to be of it, rightly and wrongly.
        precision, recall, f1: of these.
    """

    frames: Count
    true_positives: Count
    false_positives: Count
    precision: Share
    recall: Share
    f1: Share


class Quality(Record):
    """Figures of the answers of one exit, if every frame left there, or of the mix.

    Where logits are in several groups, each of them is a frame here: these are figures of single characters.

    Attributes:
        loss: mean cross entropy, in nats.
        top: k -> share of frames whose class is among the k best, k below the number of classes.
        precision, recall, f1: means over the classes.
        calibration_error: expected difference between the confidence (the top-1 softmax probability) and the
            accuracy, in :data:`BINS` bins. The criterion top1 decides on this confidence.
        classes: figures of each class.
        confusion: row per class, column per answer, frames.
    """

    loss: NonNegative
    top: dict[int, Share]
    precision: Share
    recall: Share
    f1: Share
    calibration_error: Share
    classes: tuple[ClassQuality, ...]
    confusion: tuple[tuple[Count, ...], ...]

    @model_validator(mode="after")
    def _of_the_same_frames(self) -> Self:
        if [sum(row) for row in self.confusion] != [one.frames for one in self.classes]:
            raise ValueError("the confusion matrix must have the frames of each class")
        return self

    @property
    def accuracy(self) -> float:
        """Share of frames answered rightly."""
        return self.top[1]

    @classmethod
    def of(cls, logits: Floats, labels: Ints) -> Self:
        """Compute the figures of real logits [N, C] and labels [N], with at least two classes."""
        import torch
        from torchmetrics.functional import classification as of

        count = logits.shape[1]
        scores = torch.tensor(np.asarray(logits, dtype=np.float64))
        wanted = torch.tensor(np.asarray(labels, dtype=np.int64))
        # Ties go to the first class, as the hardware's comparison has it; topk makes no such promise.
        answers = torch.tensor(logits.argmax(axis=1))
        alone = {"num_classes": count, "average": None}
        stat = of.multiclass_stat_scores(answers, wanted, **alone)
        shares = [
            of.multiclass_precision(answers, wanted, **alone),
            of.multiclass_recall(answers, wanted, **alone),
            of.multiclass_f1_score(answers, wanted, **alone),
        ]
        classes = tuple(
            ClassQuality(
                frames=int(stat[c, 4]),
                true_positives=int(stat[c, 0]),
                false_positives=int(stat[c, 1]),
                **{name: float(share[c]) for name, share in zip(_SHARES, shares, strict=True)},
            )
            for c in range(count)
        )
        return cls(
            loss=float(torch.nn.functional.cross_entropy(scores, wanted)),
            top={k: _among_best(logits, labels, k) for k in TOP if k < count},
            **{name: float(share.double().mean()) for name, share in zip(_SHARES, shares, strict=True)},
            calibration_error=float(
                of.multiclass_calibration_error(scores.softmax(dim=1), wanted, count, n_bins=BINS)
            ),
            classes=classes,
            confusion=tuple(map(tuple, _rows(of.multiclass_confusion_matrix(answers, wanted, count)))),
        )


_SHARES = ("precision", "recall", "f1")


def _rows(matrix: Tensor) -> list[list[int]]:
    return [[int(value) for value in row] for row in matrix.tolist()]


def _among_best(logits: Floats, labels: Ints, k: int) -> float:
    """Return the share of frames whose class is among the k best; of equal logits the first is better."""
    own = np.take_along_axis(logits, labels[:, None], axis=1)
    before = np.arange(logits.shape[1]) < labels[:, None]
    better = (logits > own) | ((logits == own) & before)
    return float(np.mean(better.sum(axis=1) < k))


class Overthinking(Record):
    """Frames on which an early exit and the last one differ, if all left there.

    Attributes:
        exit: the early exit.
        spoilt: per class, frames that the early exit answers rightly and the last one wrongly.
        needed: per class, frames that the early exit answers wrongly and the last one rightly.
    """

    exit: Count
    spoilt: tuple[Count, ...]
    needed: tuple[Count, ...]


def qualities(logits: Sequence[Floats], labels: Ints, left: Ints, groups: int = 1) -> tuple[Quality, ...]:
    """Return the figures of each exit, and of the mix.

    Args:
        logits: real logits of every exit, [N, groups * C].
        labels: label of each frame, int64 [N].
        left: exit by which each frame leaves, int64 [N].
        groups: groups of logits, whose figures are taken together.
    """
    mixed = np.stack(logits)[left, np.arange(len(labels))]
    return tuple(Quality.of(*_by_group(one, labels, groups)) for one in (*logits, mixed))


def _by_group(logits: Floats, labels: Ints, groups: int) -> tuple[Floats, Ints]:
    """Return the logits of each group of each frame, [N * groups, C], and their labels [N * groups]."""
    rows = split_groups(logits, groups)
    return rows.reshape(-1, rows.shape[2]), classes_of(labels, groups, rows.shape[2]).reshape(-1)


def overthinking(logits: Sequence[Floats], labels: Ints, groups: int = 1) -> tuple[Overthinking, ...]:
    """Compare every early exit with the last one; arguments as of :func:`qualities`."""
    rows = [_by_group(one, labels, groups) for one in logits]
    labels, classes = rows[-1][1], rows[-1][0].shape[1]
    right = [one.argmax(axis=1) == labels for one, _ in rows]

    def per_class(frames: npt.NDArray[np.bool_]) -> tuple[int, ...]:
        return tuple(int(n) for n in np.bincount(labels[frames], minlength=classes))

    return tuple(
        Overthinking(exit=k, spoilt=per_class(one & ~right[-1]), needed=per_class(~one & right[-1]))
        for k, one in enumerate(right[:-1])
    )
