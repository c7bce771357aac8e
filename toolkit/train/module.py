"""One phase of training as a Lightning module: loss, learning rates, validation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import lightning
import torch
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn

from hw_models import NetworkSpec
from hw_models.network import Chain, EarlyExitNet
from hw_models.quantized import QuantEarlyExitNet
from toolkit.core.topology import path_name
from toolkit.data import Split
from toolkit.tasks import Frames, Task, task_of
from toolkit.train.batches import Batch, augmentation
from toolkit.train.ending import Better
from toolkit.train.options import TrainOptions

_WARM_UP_STEPS = 100


def validation_metrics(spec: NetworkSpec) -> tuple[str, ...]:
    """Return the names of the metrics by which the epochs of a network can be ranked."""
    task = task_of(spec)
    of_exits = [path_name(k) for k in range(spec.exits)]
    shares = [] if task.reads else [f"val_{one}" for one in of_exits]
    names = (task.monitored, "val_loss", *shares, *(f"val_loss_{one}" for one in of_exits))
    return tuple(dict.fromkeys(names))


def monitored(options: TrainOptions, task: Task) -> tuple[str, Better]:
    """Return the metric by which epochs are ranked, and whether more or less of it is better."""
    if options.monitor is None:
        return task.monitored, task.better
    return options.monitor, "min" if "loss" in options.monitor else "max"


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
        fresh: bool = False,
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
        self.fresh = fresh
        self._augment = augmentation(options, net.spec.input_shape)
        if options.dropout:
            drop_inputs(net, options.dropout)
        taught = options.distill or teacher is not None or options.l1
        self._more = bool(taught or (fresh and (options.weight_ramp or options.mode == "backbone-first")))
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
        if self.options.mode == "exits-only":
            for part in (*self.net.trunks, self.net.heads[-1]):
                part.requires_grad_(False).eval()
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
        losses = self._losses("train", images, exits, labels)
        objective = self._objective(images, exits, losses)
        if self._more:
            self.log(
                "train_objective", objective.detach(), on_step=False, on_epoch=True, batch_size=len(labels)
            )
        return objective

    def _losses(self, split: str, images: Tensor, exits: Sequence[Tensor], labels: Tensor) -> list[Tensor]:
        """Return the loss of each exit; log them, their weighted sum and accuracies for the epoch."""
        losses = [self.task.loss(outputs, images, labels) for outputs in exits]
        figures = {
            f"{split}_loss": sum(w * one.detach() for w, one in zip(self._weights, losses, strict=True))
        }
        for index, (loss, outputs) in enumerate(zip(losses, exits, strict=True)):
            figures[f"{split}_loss_{path_name(index)}"] = loss.detach()
            if (right := self.task.right(outputs, labels)) is not None:
                figures[f"{split}_{path_name(index)}"] = right.float().mean()
        self.log_dict(figures, on_step=False, on_epoch=True, batch_size=len(labels))
        return losses

    def _early(self) -> float:
        """Return the factor of the early exits' weights in this epoch."""
        if not self.fresh:
            return 1.0
        options = self.options
        begin = self.epochs / 2 if options.mode == "backbone-first" else 0.0
        ramp = options.weight_ramp * self.epochs
        if self.current_epoch < begin:
            return 0.0
        return min(1.0, (self.current_epoch - begin + 1) / ramp) if ramp else 1.0

    def _objective(self, images: Tensor, exits: Sequence[Tensor], losses: Sequence[Tensor]) -> Tensor:
        """Return what is minimised."""
        options, factor = self.options, self._early()
        *early, last = self._weights
        weights = (*(weight * factor for weight in early), last)
        loss = exits[0].new_zeros(())
        for weight, own in zip(weights, losses, strict=True):
            loss = loss + weight * own
        if options.distill:
            for outputs in exits[:-1]:
                taught = self.task.divergence(outputs, exits[-1].detach())
                loss = loss + options.distill * factor * taught
        for teacher in self._teacher:
            with torch.no_grad():
                wanted = teacher(images)
            for weight, outputs, target in zip(weights, exits, wanted, strict=True):
                loss = loss + options.teacher * weight * self.task.divergence(outputs, target)
        if options.l1:
            loss = loss + options.l1 * torch.stack([p.abs().sum() for p in _weights(self.net)]).sum()
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        """Collect the outputs of a batch, and log loss and figures of each exit."""
        images, labels = batch
        exits = self.net(images)
        self._losses("val", images, exits, labels)
        self._exits.append([outputs.cpu() for outputs in exits])

    def on_validation_epoch_end(self) -> None:
        """Log the metrics of the task."""
        exits = [torch.cat(outputs).numpy() for outputs in zip(*self._exits, strict=True)]
        self._exits.clear()
        frames = Frames(self.validation, exits)
        for name, value in self.task.validation(frames, self.options.exit_rate).items():
            self.log(name, value)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Return optimiser and schedule by their names; a short warm-up, rates updated every step."""
        groups = _parameter_groups(self.net, self.rate, self.options)
        optimizer = _optimizer(self.options, groups, self.rate)
        steps = int(self.trainer.estimated_stepping_batches)
        warm_up = min(_WARM_UP_STEPS, max(1, steps // 10))

        course = _COURSES[self.options.schedule]

        def factor(step: int) -> float:
            return min(1.0, (step + 1) / warm_up) * course(min(1.0, step / steps))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


_COURSES: Mapping[str, Callable[[float], float]] = {
    "constant": lambda share: 1.0,
    "cosine": lambda share: 0.5 * (1 + math.cos(math.pi * share)),
    "linear": lambda share: 1 - share,
    "step": lambda share: 0.1 ** int(3 * share),
}
"""Schedule -> factor of the highest rate when a share of all steps is done."""


def _optimizer(options: TrainOptions, groups: list[dict[str, object]], rate: float) -> torch.optim.Optimizer:
    make: Mapping[str, Callable[..., torch.optim.Optimizer]] = {
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
        "rmsprop": partial(torch.optim.RMSprop, momentum=options.momentum),
        "sgd": partial(torch.optim.SGD, momentum=options.momentum),
    }
    return make[options.optimizer](groups, lr=rate)


def frozen(net: EarlyExitNet) -> dict[str, Tensor]:
    """Return the state of the backbone and its classifier, which mode exits-only leaves as it is."""
    still = {id(part) for part in (*net.trunks, net.heads[-1])}
    return {
        f"{name}.{key}": value
        for name, part in net.named_modules()
        if id(part) in still
        for key, value in part.state_dict().items()
    }


def drop_inputs(net: EarlyExitNet, share: float) -> None:
    """Let a share of the inputs of linear layers be 0 in training; the network's own shares stay."""
    for chain in net.modules():
        if isinstance(chain, Chain):
            linear = [name for name, _ in chain.named_children() if name.startswith("linear")]
            chain.dropouts = dict.fromkeys(linear, share) | chain.dropouts


def _weights(net: EarlyExitNet) -> list[nn.Parameter]:
    """Return the weights of layers, without biases and thresholds."""
    scales = net.scale_parameters() if isinstance(net, QuantEarlyExitNet) else []
    known = {id(parameter) for parameter in scales}
    return [p for p in net.parameters() if id(p) not in known and p.ndim > 1]


def _parameter_groups(net: EarlyExitNet, rate: float, options: TrainOptions) -> list[dict[str, object]]:
    scales = net.scale_parameters() if isinstance(net, QuantEarlyExitNet) else []
    known = {id(parameter) for parameter in scales}
    weights = _weights(net)
    biases = [p for p in net.parameters() if id(p) not in known and p.ndim <= 1]
    groups: list[dict[str, object]] = [
        {"params": weights, "weight_decay": options.weight_decay},
        {"params": biases, "weight_decay": 0.0},
    ]
    if scales:
        groups.append({"params": scales, "weight_decay": 0.0, "lr": rate * options.scale_rate})
    return groups
