"""One phase of training as a Lightning module: loss, learning rates, validation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import lightning
import torch
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor

from hw_models.network import EarlyExitNet
from hw_models.quantized import QuantEarlyExitNet
from toolkit.core.topology import path_name
from toolkit.data import Split
from toolkit.tasks import Frames, task_of
from toolkit.train.batches import Batch, augmentation
from toolkit.train.options import TrainOptions

_WARM_UP_STEPS = 100


class ExitTraining(lightning.LightningModule):
    """Trains ``net`` (float or quantised) on batches of images and labels.

    Logs, as means over the images of an epoch, loss and (if the network's task has one) share of right
    answers of each exit (``train_loss_exit0``, ``train_exit0``, ``val_loss_exit0``, ``val_exit0`` ...) and
    the losses of all exits, weighted (``train_loss``, ``val_loss``). ``train_objective`` is what is
    minimised, where that is more: with distillation. Training's are of augmented images and of the weights of
    the moment. On validation data there are the metrics of the task as well.

    Args:
        net: network.
        validation: validation data, in the order of their batches.
        options: training options.
        epochs: epochs of the phase.
        rate: highest learning rate.
        teacher: network to learn from as well; None: none.
    """

    def __init__(
        self,
        net: EarlyExitNet,
        validation: Split,
        options: TrainOptions,
        epochs: int,
        rate: float,
        teacher: EarlyExitNet | None,
    ) -> None:
        super().__init__()
        self.net, self.task = net, task_of(net.spec)
        self.validation = validation
        self.options = options
        self.epochs = epochs
        self.rate = rate
        self._teacher = (
            [teacher] if teacher is not None else []
        )  # in a list, or PyTorch would register it as a submodule
        self._augment = augmentation(options.augment, options.mirror, net.spec.input_shape)
        self._weights = options.exit_weights or net.spec.exit_weights
        self._exits: list[list[Tensor]] = []

    def on_fit_start(self) -> None:
        """Move the teacher to the student's device."""
        for teacher in self._teacher:
            teacher.to(self.device).eval()

    def on_train_epoch_start(self) -> None:
        """Seed the generator and, in late epochs, freeze the thresholds of the quantisers."""
        # Seeded per epoch, so that a resumed training continues exactly like an uninterrupted one.
        torch.manual_seed(self.options.seed * 100_003 + self.current_epoch)
        if (
            isinstance(self.net, QuantEarlyExitNet)
            and self.current_epoch >= self.options.freeze * self.epochs
        ):
            for parameter in self.net.scale_parameters():
                parameter.requires_grad_(False)

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """Return the joint loss over all exits."""
        images, labels = batch
        images = self._augment(images).contiguous(memory_format=torch.channels_last)
        exits = self.net(images)
        own = self._own_loss("train", images, exits, labels)
        loss = self._taught_loss(own, images, exits)
        if loss is not own:
            self.log("train_objective", loss, on_step=False, on_epoch=True, batch_size=len(labels))
        return loss

    def _own_loss(self, split: str, images: Tensor, exits: Sequence[Tensor], labels: Tensor) -> Tensor:
        """Return the weighted loss of all exits; log it, and the figures of each, for the epoch."""
        loss = exits[0].new_zeros(())
        figures = {}
        for index, (weight, outputs) in enumerate(zip(self._weights, exits, strict=True)):
            own = self.task.loss(outputs, images, labels)
            figures[f"{split}_loss_{path_name(index)}"] = own
            if (right := self.task.right(outputs, labels)) is not None:
                figures[f"{split}_{path_name(index)}"] = right.float().mean()
            loss = loss + weight * own
        figures[f"{split}_loss"] = loss
        detached = {name: value.detach() for name, value in figures.items()}
        self.log_dict(detached, on_step=False, on_epoch=True, batch_size=len(labels))
        return loss

    def _taught_loss(self, loss: Tensor, images: Tensor, exits: Sequence[Tensor]) -> Tensor:
        if self.options.distill:
            for outputs in exits[:-1]:
                loss = loss + self.options.distill * self.task.divergence(outputs, exits[-1].detach())
        for teacher in self._teacher:
            with torch.no_grad():
                taught = teacher(images)
            for weight, outputs, target in zip(self._weights, exits, taught, strict=True):
                loss = loss + self.options.teacher * weight * self.task.divergence(outputs, target)
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        """Collect the outputs of a batch, and log loss and figures of each exit."""
        images, labels = batch
        exits = self.net(images)
        self._own_loss("val", images, exits, labels)
        self._exits.append([outputs.cpu() for outputs in exits])

    def on_validation_epoch_end(self) -> None:
        """Log the metrics of the task."""
        exits = [torch.cat(outputs).numpy() for outputs in zip(*self._exits, strict=True)]
        self._exits.clear()
        frames = Frames(self.validation, exits)
        for name, value in self.task.validation(frames, self.options.exit_rate).items():
            self.log(name, value)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Return AdamW with a short warm-up and a cosine to zero, updated every training step."""
        groups = _parameter_groups(self.net, self.rate, self.options)
        optimizer = torch.optim.AdamW(groups, lr=self.rate)
        steps = int(self.trainer.estimated_stepping_batches)
        warm_up = min(_WARM_UP_STEPS, max(1, steps // 10))

        def factor(step: int) -> float:
            return min(1.0, (step + 1) / warm_up) * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def _parameter_groups(net: EarlyExitNet, rate: float, options: TrainOptions) -> list[dict[str, object]]:
    scales = net.scale_parameters() if isinstance(net, QuantEarlyExitNet) else []
    known = {id(parameter) for parameter in scales}
    weights = [p for p in net.parameters() if id(p) not in known and p.ndim > 1]
    biases = [p for p in net.parameters() if id(p) not in known and p.ndim <= 1]
    groups: list[dict[str, object]] = [
        {"params": weights, "weight_decay": options.weight_decay},
        {"params": biases, "weight_decay": 0.0},
    ]
    if scales:
        groups.append({"params": scales, "weight_decay": 0.0, "lr": rate * options.scale_rate})
    return groups
