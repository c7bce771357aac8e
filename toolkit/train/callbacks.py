"""Lightning callbacks that record the history and report progress."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from toolkit.core.errors import TrainingDiverged
from toolkit.core.progress import Progress
from toolkit.train.history import Epoch, History


class RecordHistory(Callback):
    """Adds every epoch of one phase to the history and prints it; a repeated epoch replaces the old one.

    Raises:
        TrainingDiverged: a loss, or a metric of an epoch, is not finite.
    """

    def __init__(self, folder: Path, phase: str, say: Callable[[str], None] | None) -> None:
        self._folder, self._phase, self._say = folder, phase, say
        self._since = 0.0

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._since = time.monotonic()

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: Tensor) -> None:
        if torch.isfinite(loss):
            return
        largest = max(float(weight.detach().abs().max()) for weight in pl_module.parameters())
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        step = trainer.global_step - trainer.current_epoch * int(trainer.num_training_batches) + 1
        raise TrainingDiverged(
            f"the loss in step {step} of epoch {trainer.current_epoch + 1} of the {self._phase} training",
            expected="a finite number",
            found=f"{loss.item():g}, at a learning rate of {rate:.3g} and a largest weight of {largest:.3g}",
            fix="Train with a lower learning rate, or with another seed.",
        )

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        metrics = {name: round(float(value), 5) for name, value in sorted(trainer.callback_metrics.items())}
        for name, value in metrics.items():
            if not math.isfinite(value):
                raise TrainingDiverged(
                    f"{name} in epoch {trainer.current_epoch + 1} of the {self._phase} training",
                    expected="a finite number",
                    found=value,
                    fix="Train with another seed or with wider weights and activations.",
                )
        epoch = Epoch(
            phase=self._phase,
            epoch=trainer.current_epoch + 1,
            rate=float(f"{trainer.optimizers[0].param_groups[0]['lr']:.3g}"),
            metrics=metrics,
            seconds=round(time.monotonic() - self._since, 1),
        )
        History.load(self._folder).followed_by(epoch).save(self._folder)
        if self._say:
            which = f"{epoch.phase} epoch {epoch.epoch}/{trainer.max_epochs}"
            self._say(f"{which}: {said(metrics)}; {epoch.seconds:.1f} s")


def said(metrics: Mapping[str, float]) -> str:
    """Say the metrics of an epoch: of training, of validation in brackets; without the exits' losses."""
    names = dict.fromkeys(name.partition("_")[2] for name in sorted(metrics))
    parts = []
    for name in names:
        training, validation = (metrics.get(f"{split}_{name}") for split in ("train", "val"))
        if not name.startswith("loss_"):
            own = "" if training is None else f" {training:.4f}"
            parts.append(f"{name}{own}" + ("" if validation is None else f" ({validation:.4f})"))
    return ", ".join(parts)


class ReportProgress(Callback):
    """Reports how many training steps of the current epoch are done, with the figures of the last one."""

    def __init__(self, phase: str, progress: Progress) -> None:
        self._phase, self._progress = phase, progress
        self._before = ""

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        shown = {name: float(value) for name, value in trainer.callback_metrics.items() if name[:4] == "val_"}
        self._before = f", after the last one {said(shown)}" if shown else ""

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        label = f"{self._phase} epoch {trainer.current_epoch + 1} of {trainer.max_epochs}{self._before}"
        done = trainer.global_step - trainer.current_epoch * int(trainer.num_training_batches)
        self._progress(label, done, int(trainer.num_training_batches))
