"""Training curves: one row per epoch, in ``history.csv``, complete after every epoch."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import ClassVar, Self

from toolkit.core.artifact import Record, parse, write_bytes
from toolkit.core.errors import ArtifactError


class Epoch(Record):
    """One epoch of training.

    Attributes:
        stage: ``float`` or ``quantized``.
        epoch: number in its stage, from 1.
        rate: learning rate at its end.
        metrics: by name, e.g. ``train_loss``, ``val_loss``, ``val_combined``, ``val_exit0``.
        seconds: wall time.
    """

    stage: str
    epoch: int
    rate: float
    metrics: dict[str, float]
    seconds: float


class History(Record):
    """The epochs of a training, oldest first."""

    FILE: ClassVar[str] = "history.csv"

    epochs: tuple[Epoch, ...] = ()

    def followed_by(self, epoch: Epoch) -> Self:
        """Add an epoch; it takes the place of what an earlier try left of it and of later ones."""
        kept = [old for old in self.epochs if old.stage != epoch.stage or old.epoch < epoch.epoch]
        return type(self)(epochs=(*kept, epoch))

    def save(self, folder: Path) -> Path:
        """Write it into ``folder``, atomically; returns the file."""
        names = dict.fromkeys(name for epoch in self.epochs for name in epoch.metrics)
        text = io.StringIO()
        writer = csv.DictWriter(text, ["stage", "epoch", "rate", *names, "seconds"], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**epoch.model_dump(exclude={"metrics"}), **epoch.metrics} for epoch in self.epochs)
        file = folder / self.FILE
        write_bytes(file, text.getvalue().encode())
        return file

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read it from ``folder``; without a file there are no epochs, as beside a checkpoint from elsewhere.

        Raises:
            ArtifactError: the file is damaged.
        """
        file = folder / cls.FILE
        if not file.is_file():
            return cls()
        try:
            with file.open(newline="", encoding="utf-8") as stream:
                rows = list(csv.DictReader(stream))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise ArtifactError(f"{file} cannot be read", expected="CSV", found=str(error)) from error
        return parse(cls, {"epochs": [_nested(row) for row in rows]}, str(file))


def _nested(row: dict[str, str]) -> dict[str, object]:
    """A row's metrics apart; an empty cell is a metric that the epoch does not have."""
    fields = {name: value for name, value in row.items() if name in Epoch.model_fields}
    return {**fields, "metrics": {name: value for name, value in row.items() if name not in fields and value}}
