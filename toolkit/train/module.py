"""One phase of training as a Lightning module: loss, learning rates, validation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import lightning
import torch
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor
from torch.nn import functional

from hw_models.network import EarlyExitNet
from hw_models.quantized import QuantEarlyExitNet
from toolkit.core.topology import path_name
from toolkit.train.batches import Batch, augmentation
from toolkit.train.evaluate import combine, thresholds_for
from toolkit.train.options import TrainOptions

_TEMPERATURE = 2.0
_WARM_UP_STEPS = 100


class ExitTraining(lightning.LightningModule):
    """Trains ``net`` (float or quantised) on batches of images and labels.

    Logs, as means over the images of an epoch, loss and accuracy of each exit (``train_loss_exit0``,
    ``train_exit0``, ``val_loss_exit0``, ``val_exit0`` ...) and the losses of all exits, weighted
    (``train_loss``, ``val_loss``). ``train_objective`` is what is minimised, where that is more: with
    distillation. Training's are of augmented images and of the weights of the moment. ``val_combined`` is the
    combined accuracy when ``options.exit_rate`` of the frames leave at each early exit. The thresholds for
    that rate come from the same validation data, which is good enough to rank epochs but not to report
    accuracy.
    """

    def __init__(
        self, net: EarlyExitNet, options: TrainOptions, epochs: int, rate: float, teacher: EarlyExitNet | None
    ) -> None:
        super().__init__()
        self.net = net
        self.options = options
        self.epochs = epochs
        self.rate = rate
        self._teacher = (
            [teacher] if teacher is not None else []
        )  # in a list, or PyTorch would register it as a submodule
        self._augment = augmentation(options.augment, options.mirror, net.spec.input_shape)
        self._weights = options.exit_weights or net.spec.exit_weights
        self._validation: list[tuple[list[Tensor], Tensor]] = []

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
        own = self._own_loss("train", exits, labels)
        loss = self._taught_loss(own, images, exits)
        if loss is not own:
            self.log("train_objective", loss, on_step=False, on_epoch=True, batch_size=len(labels))
        return loss

    def _own_loss(self, split: str, exits: Sequence[Tensor], labels: Tensor) -> Tensor:
        """Return the weighted loss of all exits; log it, and loss and accuracy of each, for the epoch."""
        loss = exits[0].new_zeros(())
        figures = {}
        for index, (weight, logits) in enumerate(zip(self._weights, exits, strict=True)):
            figures[f"{split}_loss_{path_name(index)}"] = own = functional.cross_entropy(logits, labels)
            figures[f"{split}_{path_name(index)}"] = (logits.argmax(dim=1) == labels).float().mean()
            loss = loss + weight * own
        figures[f"{split}_loss"] = loss
        detached = {name: value.detach() for name, value in figures.items()}
        self.log_dict(detached, on_step=False, on_epoch=True, batch_size=len(labels))
        return loss

    def _taught_loss(self, loss: Tensor, images: Tensor, exits: Sequence[Tensor]) -> Tensor:
        if self.options.distill:
            for logits in exits[:-1]:
                loss = loss + self.options.distill * divergence(logits, exits[-1].detach())
        for teacher in self._teacher:
            with torch.no_grad():
                taught = teacher(images)
            for weight, logits, target in zip(self._weights, exits, taught, strict=True):
                loss = loss + self.options.teacher * weight * divergence(logits, target)
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        """Collect the logits of a batch and log loss and accuracy of each exit."""
        images, labels = batch
        exits = self.net(images)
        self._own_loss("val", exits, labels)
        self._validation.append(([logits.cpu() for logits in exits], labels.cpu()))

    def on_validation_epoch_end(self) -> None:
        """Log the combined accuracy of the epoch."""
        logits = [
            torch.cat(exit_).numpy() for exit_ in zip(*(row for row, _ in self._validation), strict=True)
        ]
        labels = torch.cat([labels for _, labels in self._validation]).numpy()
        self._validation.clear()
        result = combine(logits, labels, thresholds_for(logits, self.options.exit_rate))
        self.log("val_combined", result.accuracy)

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


def divergence(logits: Tensor, target: Tensor) -> Tensor:
    """Return the Kullback-Leibler divergence of softened predictions (Hinton, arXiv 1503.02531)."""
    return _TEMPERATURE**2 * functional.kl_div(
        (logits / _TEMPERATURE).log_softmax(dim=1),
        (target / _TEMPERATURE).log_softmax(dim=1),
        reduction="batchmean",
        log_target=True,
    )


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
