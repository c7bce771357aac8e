"""Training curves: one row per epoch, in ``history.csv``, complete after every epoch."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field

from toolkit.core.artifact import Record, parse, write_bytes
from toolkit.core.paths import is_file
from toolkit.core.reading import read_csv


class Epoch(Record):
    """One epoch of training.

    Attributes:
        phase: ``float`` or ``quantized``; column ``stage`` of the file.
        epoch: number of the epoch in its phase, from 1.
        rate: learning rate at the end of the epoch.
        metrics: values by name, e.g. ``train_loss``, ``val_loss``, ``val_combined``, ``val_exit0``.
        seconds: wall time in seconds.
    """

    phase: str = Field(validation_alias="stage", serialization_alias="stage")
    epoch: int
    rate: float
    metrics: dict[str, float]
    seconds: float


class History(Record):
    """The epochs of a training, oldest first."""

    FILE: ClassVar[str] = "history.csv"

    epochs: tuple[Epoch, ...] = ()

    def followed_by(self, epoch: Epoch) -> Self:
        """Add an epoch in place of that epoch and later ones, which an interrupted run may have left."""
        kept = [old for old in self.epochs if old.phase != epoch.phase or old.epoch < epoch.epoch]
        return type(self)(epochs=(*kept, epoch))

    def save(self, folder: Path) -> Path:
        """Write the history into ``folder``, atomically; returns the path of the file."""
        names = dict.fromkeys(name for epoch in self.epochs for name in epoch.metrics)
        text = io.StringIO()
        writer = csv.DictWriter(text, [*_COLUMNS[:-1], *names, _COLUMNS[-1]], lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            epoch.model_dump(exclude={"metrics"}, by_alias=True) | epoch.metrics for epoch in self.epochs
        )
        file = folder / self.FILE
        write_bytes(file, text.getvalue().encode())
        return file

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the history from ``folder``; empty without a file, as for a checkpoint given by the user.

        Raises:
            ArtifactError: the file is damaged.
        """
        file = folder / cls.FILE
        if not is_file(file):
            return cls()
        rows = read_csv(file, str(file))
        return parse(cls, {"epochs": [_nested(row) for row in rows]}, str(file))


_COLUMNS = ("stage", "epoch", "rate", "seconds")


def _nested(row: dict[str, str]) -> dict[str, object]:
    """Separate the metrics of a row; an empty cell is a metric that the epoch does not have."""
    fields = {name: value for name, value in row.items() if name in _COLUMNS}
    return {**fields, "metrics": {name: value for name, value in row.items() if name not in fields and value}}
