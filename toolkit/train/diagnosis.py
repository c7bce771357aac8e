"""What the curves of a training say, in words, with the figures that say it. No PyTorch."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Literal

from toolkit.core.artifact import Record
from toolkit.train.ending import PhaseEnd, TrainingEnds
from toolkit.train.history import Epoch, History

Verdict = Literal[
    "too short to tell",
    "learning rate too high",
    "not learning",
    "overfitting",
    "oscillating",
    "still improving",
    "converged",
]
FEWEST_EPOCHS = 4
"""Epochs from which on curves are judged."""
SLIGHT = 0.02
"""Share of the loss at which the training began; a change of less is slight, whatever it is relative to."""
LEARNT = 0.02
"""Share of its first value that the training loss must have lost, or nothing has been learnt."""
JUMP = 1.3
"""A training loss so many times the lowest before it is a jump; a quarter of all epochs may not be one."""
WORSE = 0.1
"""Share by which the validation loss must be above its lowest at the end, for overfitting."""
SWING = 0.1
"""Mean change of the loss between epochs, as a share of it, from which on it may oscillate."""
GAIN = 0.05
"""Share by which the loss must have fallen in the last fifth of the epochs, to be still improving."""


class Reading(Record):
    """What the curves of a phase say.

    Attributes:
        verdict: in a word or two.
        since: epoch from which on it holds, for overfitting; None otherwise.
        evidence: figures that led to the verdict, in words.
        advice: what to do about it; empty if there is nothing to do.
    """

    verdict: Verdict
    since: int | None = None
    evidence: tuple[str, ...]
    advice: str = ""

    @property
    def says(self) -> str:
        """The verdict with its epoch."""
        return self.verdict if self.since is None else f"{self.verdict} from epoch {self.since} on"


class PhaseSummary(Record):
    """A phase of a training: how it ended, and what its curves say. ``end``: None if it was not recorded."""

    phase: str
    epochs: int
    end: PhaseEnd | None
    diagnosis: Reading

    @property
    def says(self) -> str:
        """Verdict, evidence and end in one line."""
        ended = "" if self.end is None else f" {self.end.says}"
        return f"{self.phase}: {self.diagnosis.says} ({'; '.join(self.diagnosis.evidence)}).{ended}"


def summaries(folder: Path) -> tuple[PhaseSummary, ...]:
    """Judge the phases of the training in ``folder``; raises ArtifactError if its files are damaged."""
    ends = {end.phase: end for end in (TrainingEnds.find(folder) or TrainingEnds()).phases}
    epochs = History.load(folder).epochs
    found = []
    for phase in dict.fromkeys([*(epoch.phase for epoch in epochs), *ends]):
        rows = [epoch for epoch in epochs if epoch.phase == phase]
        end = ends.get(phase)
        verdict = diagnose(rows, end, before=epochs[: epochs.index(rows[0])] if rows else ())
        found.append(PhaseSummary(phase=phase, epochs=len(rows), end=end, diagnosis=verdict))
    return tuple(found)


def diagnose(rows: Sequence[Epoch], end: PhaseEnd | None = None, before: Sequence[Epoch] = ()) -> Reading:
    """Judge one phase by its losses.

    Only the course of each loss is judged, never one against the other: training sees augmented images and
    the weights of the moment, validation plain images and the averaged weights.

    Args:
        rows: epochs of the phase, in order.
        end: its end, if it was recorded.
        before: epochs of the phases before it.
    """
    if end is not None and end.reason == "diverged":
        at = f", at a learning rate of {rows[-1].rate:g} in the epoch before" if rows else ""
        return Reading(verdict="learning rate too high", evidence=(f"{end.cause}{at}",), advice=_SLOWER)
    training = [row.metrics["train_loss"] for row in rows if "train_loss" in row.metrics]
    validation = [row.metrics["val_loss"] for row in rows if "val_loss" in row.metrics]
    if len(training) < FEWEST_EPOCHS or len(validation) != len(training):
        few = f"{len(rows)} epochs; curves are judged from {FEWEST_EPOCHS} on"
        return Reading(verdict="too short to tell", evidence=(few,))
    start = max([*training, *(row.metrics.get("train_loss", 0.0) for row in before)])
    curves = Curves(training, validation, SLIGHT * start, trained=bool(before))
    return next(found for judge in _JUDGES if (found := judge(curves)) is not None)


@dataclass(frozen=True)
class Curves:
    """Losses of the epochs of a phase, at least :data:`FEWEST_EPOCHS` of each.

    Attributes:
        training, validation: the losses.
        slight: change of a loss that means nothing.
        trained: whether the phase begins with trained weights.
    """

    training: Sequence[float]
    validation: Sequence[float]
    slight: float
    trained: bool

    @property
    def tail(self) -> int:
        """Epochs at the end that count as its last ones: a fifth."""
        return max(2, len(self.training) // 5)


_SLOWER = "Train with a lower learning rate."


def _too_fast(curves: Curves) -> Reading | None:
    training = curves.training
    lowest = itertools.accumulate(training, min)
    jumps = [
        k
        for k, (low, now) in enumerate(zip(lowest, training[1:], strict=False), 2)
        if now > max(JUMP * low, low + curves.slight)
    ]
    if 4 * len(jumps) < len(training):
        return None
    named = ", ".join(map(str, jumps[:5])) + (" ..." if len(jumps) > 5 else "")
    evidence = (
        f"the training loss is more than {JUMP:g} times the lowest before it in {len(jumps)} of "
        f"{len(training)} epochs ({named})",
        f"it is {training[0]:.4g} in epoch 1 and {training[-1]:.4g} at the end",
    )
    return Reading(verdict="learning rate too high", evidence=evidence, advice=_SLOWER)


def _idle(curves: Curves) -> Reading | None:
    first, low = curves.training[0], min(curves.training)
    if curves.trained or first - low >= LEARNT * abs(first):
        return None
    evidence = (f"the training loss is {first:.4g} in epoch 1 and {low:.4g} at its lowest",)
    advice = "Look at the data and their labels, and try a higher learning rate."
    return Reading(verdict="not learning", evidence=evidence, advice=advice)


def _overfitting(curves: Curves) -> Reading | None:
    training, validation, tail = curves.training, curves.validation, curves.tail
    best = min(range(len(validation)), key=validation.__getitem__)
    low, now = validation[best], median(validation[-tail:])
    noise = median(abs(b - a) for a, b in itertools.pairwise(validation[len(validation) // 2 :]))
    if best >= len(validation) - tail or now - low <= max(WORSE * low, 2 * noise):
        return None
    fallen = training[best] - fmean(training[-tail:])
    if fallen <= 0:
        return None
    evidence = (
        f"the validation loss is lowest in epoch {best + 1} ({low:.4g}), in the last {tail} it is {now:.4g}",
        f"the training loss fell from {training[best]:.4g} to {fmean(training[-tail:]):.4g} meanwhile",
    )
    advice = "More augmentation, weight decay, dropout or data, or less patience."
    return Reading(verdict="overfitting", since=best + 2, evidence=evidence, advice=advice)


def _oscillating(curves: Curves) -> Reading | None:
    for name, losses in (("training", curves.training), ("validation", curves.validation)):
        late = losses[len(losses) // 2 :]
        steps = [after - before for before, after in itertools.pairwise(late)]
        turns = sum(a * b < 0 for a, b in itertools.pairwise(steps))
        swing = fmean(map(abs, steps))
        if (
            swing > max(SWING * fmean(late), curves.slight)
            and 2 * abs(sum(steps)) < swing * len(steps)
            and 2 * turns >= len(steps)
        ):
            evidence = (
                f"from epoch {len(losses) - len(late) + 1} on the {name} loss changes by "
                f"{swing / fmean(late):.0%} per epoch and turns {turns} times in {len(steps)} steps",
            )
            advice = "A lower learning rate, larger batches, or a moving average of the weights (--average)."
            return Reading(verdict="oscillating", evidence=evidence, advice=advice)
    return None


def _improving(curves: Curves) -> Reading | None:
    losses, tail = curves.validation, curves.tail
    before, last = min(losses[:-tail]), min(losses[-tail:])
    if before - last <= GAIN * before:
        return None
    evidence = (
        f"the lowest validation loss is {last:.4g} in the last {tail} epochs and {before:.4g} before them",
    )
    return Reading(verdict="still improving", evidence=evidence, advice="Train for more epochs.")


def _converged(curves: Curves) -> Reading:
    losses, tail = curves.validation, curves.tail
    before, last = min(losses[:-tail]), min(losses[-tail:])
    evidence = (
        f"the lowest validation loss is {last:.4g} in the last {tail} epochs and {before:.4g} before them",
        f"the training loss is {curves.training[0]:.4g} in epoch 1 and {curves.training[-1]:.4g} at the end",
    )
    return Reading(verdict="converged", evidence=evidence)


_JUDGES: tuple[Callable[[Curves], Reading | None], ...] = (
    _too_fast,
    _idle,
    _overfitting,
    _oscillating,
    _improving,
    _converged,
)
