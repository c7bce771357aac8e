"""How a task's outputs are read, and what they are worth, where they are not logits of classes."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple, Self

from pydantic import model_validator

from hw_models.task import TaskName
from toolkit.core.artifact import Artifact, Record, Text
from toolkit.core.errors import CheckpointMismatch
from toolkit.core.quantities import Count, Cycles, NonNegative, Positive


class Readout(Artifact):
    """How the host reads the integers that a network answers with, as calibrated for one checkpoint.

    Attributes:
        task: task of the network.
        checkpoint: digest of the checkpoint.
        scale: real value of one integer step of the outputs.
        frames: frames of the calibration split that it was calibrated on.
        threshold: of reconstruction, measure above which a frame is an anomaly.
        false_alarms, above: share of normal frames that may have one, and number of ``frames`` that have.
        error: of regression, root mean square error on ``frames``.
    """

    FILE: ClassVar[str] = "readout.json"

    task: TaskName
    checkpoint: str
    scale: Positive
    frames: Cycles
    threshold: NonNegative = 0.0
    false_alarms: NonNegative = 0.0
    above: Count = 0
    error: NonNegative = 0.0

    def require(self, checkpoint_digest: str) -> None:
        """Check that it was calibrated for this checkpoint; raises CheckpointMismatch if not."""
        if checkpoint_digest != self.checkpoint:
            raise CheckpointMismatch(
                "the readout of outputs is of another checkpoint",
                expected=checkpoint_digest[:12],
                found=self.checkpoint[:12] or "none",
                fix="Calibrate this one with `offramp calibrate`.",
            )


class Told(NamedTuple):
    """What an answer says of its frame.

    Attributes:
        label: index of a class; None if it names none.
        words: the rest, as a terminal shows it; empty for nothing.
        figures: the rest, by name.
    """

    label: int | None
    words: str
    figures: dict[str, float | None]


class Score(Record):
    """A figure of merit: name in JSON, what it is, value, and the value as a page shows it."""

    name: Text
    what: Text
    value: float
    shown: Text

    @classmethod
    def of(cls, name: str, what: str, form: str, value: float) -> Self:
        """Show a value in a format, such as ``{:.1%}``."""
        shown = form.format(value).replace("%", "\N{NO-BREAK SPACE}%")
        return cls(name=name, what=what, value=value, shown=shown)


class ScoreLine(Record):
    """A curve: its label, its points, and whether it is there to compare with, always as a line."""

    label: Text
    x: tuple[float, ...]
    y: tuple[float, ...]
    reference: bool = False

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if len(self.x) != len(self.y):
            raise ValueError("a curve has as many numbers in x as in y")
        return self


class ScoreChart(Record):
    """Curves in one pair of axes.

    Attributes:
        title: short title.
        x, y: what the axes are.
        style: a line through the points, steps (a value holds until the next point), or the points alone.
        log: whether x grows by factors.
        lines: curves.
        mark, mark_says: place of x to mark, and what is there; None: none.
    """

    title: Text
    x: Text
    y: Text
    style: Literal["line", "steps", "points"] = "line"
    log: bool = False
    lines: tuple[ScoreLine, ...]
    mark: float | None = None
    mark_says: str = ""


class TaskResult(Record):
    """What the outputs for the test frames are worth.

    Attributes:
        says: what the outputs are and how they are judged, in sentences.
        headline: the figure that counts most.
        scores: further figures.
        charts: curves that show them.
        left_out: why there is nothing about leaving early.
    """

    says: tuple[Text, ...]
    headline: Score
    scores: tuple[Score, ...]
    charts: tuple[ScoreChart, ...]
    left_out: Text

    @property
    def values(self) -> dict[str, float]:
        """The figures by name."""
        return {one.name: one.value for one in (self.headline, *self.scores)}
