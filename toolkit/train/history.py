"""Training curves: one row per epoch, in ``history.csv``, complete after every epoch."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from lightning import Callback, LightningModule, Trainer

from toolkit.core.artifact import write_bytes
from toolkit.core.progress import Progress

Row = dict[str, str]


def read_history(path: Path) -> list[Row]:
    """The rows written so far, oldest first: stage, epoch, rate, train_loss, val_..., seconds."""
    if not path.is_file():
        return []
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _write(path: Path, rows: Iterable[Row]) -> None:
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(
        text, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    write_bytes(path, text.getvalue().encode())


class History(Callback):
    """Adds a row per epoch of one stage and says it through ``say``; a resumed epoch replaces its row."""

    def __init__(self, path: Path, stage: str, say: Callable[[str], None] | None) -> None:
        self._path, self._stage, self._say = path, stage, say
        self._since = 0.0

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._since = time.monotonic()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        metrics = {name: f"{float(value):.5f}" for name, value in sorted(trainer.callback_metrics.items())}
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        row = {"stage": self._stage, "epoch": str(trainer.current_epoch + 1), "rate": f"{rate:.3g}"}
        row |= metrics | {"seconds": f"{time.monotonic() - self._since:.1f}"}
        kept = [
            old
            for old in read_history(self._path)
            if old["stage"] != self._stage or int(old["epoch"]) <= trainer.current_epoch
        ]
        _write(self._path, [*kept, row])
        if self._say:
            figures = ", ".join(f"{name} {value}" for name, value in metrics.items())
            self._say(
                f"{self._stage} epoch {row['epoch']}/{trainer.max_epochs}: {figures} ({row['seconds']} s)"
            )


class StepsDone(Callback):
    """Tells how many steps of the running epoch are done."""

    def __init__(self, stage: str, progress: Progress) -> None:
        self._stage, self._progress = stage, progress

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        label = f"{self._stage} epoch {trainer.current_epoch + 1} of {trainer.max_epochs}"
        done = trainer.global_step - trainer.current_epoch * int(trainer.num_training_batches)
        self._progress(label, done, int(trainer.num_training_batches))
