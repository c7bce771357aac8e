"""How each phase of a training ended: why it stopped, and which epoch's weights were kept."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from toolkit.core.artifact import Artifact, Record
from toolkit.core.quantities import Count, Cycles

Better = Literal["max", "min"]
_MOST = {"max": "highest", "min": "lowest"}


class PhaseEnd(Record):
    """The end of one phase.

    Attributes:
        phase: ``float`` or ``quantized``.
        reason: all epochs were done, none was better for ``patience`` epochs, or a figure was not finite.
        cause: what was not finite, in words; empty otherwise.
        monitored: metric by which epochs are ranked, and whether its highest or lowest value is best.
        kept: epoch whose weights were kept, from 1; None if none had ended.
        best: value of the metric there.
        epochs: epochs that were done; of a phase that diverged, whole ones.
        most: epochs that it could have had.
        patience: epochs without a better one after which it stops.
    """

    phase: str
    reason: Literal["epochs", "patience", "diverged"]
    cause: str = ""
    monitored: str
    better: Better
    kept: Cycles | None
    best: float | None
    epochs: Count
    most: Cycles
    patience: Cycles

    @property
    def says(self) -> str:
        """Why it stopped and what was kept, in words."""
        why = {
            "epochs": f"All {self.most} epochs were done.",
            "patience": f"Stopped after epoch {self.epochs} of {self.most}: no better {self.monitored} in "
            f"{self.patience} epochs.",
            "diverged": f"Stopped in epoch {self.epochs + 1} of {self.most}: {self.cause}.",
        }[self.reason]
        if self.kept is None or self.best is None:
            return f"{why} No epoch's weights were kept."
        found = f"{_MOST[self.better]} {self.monitored} ({self.best:.5g})"
        return f"{why} The weights kept are those of epoch {self.kept}, with the {found}."


class TrainingEnds(Artifact):
    """The ends of a training's phases, in order."""

    FILE: ClassVar[str] = "ends.json"

    phases: tuple[PhaseEnd, ...] = ()

    def followed_by(self, end: PhaseEnd) -> Self:
        """Add the end of a phase in place of one that an interrupted run may have left."""
        return type(self)(phases=(*(one for one in self.phases if one.phase != end.phase), end))
