"""Checks of the float network: its first loss, a batch learnt by heart, a learning rate that works."""

from __future__ import annotations

import contextlib
import io
import math
from pathlib import Path

import lightning
import torch
from lightning.pytorch.tuner import Tuner

from hw_models import NetworkSpec
from hw_models.floating import build_float
from hw_models.network import EarlyExitNet
from toolkit.core.progress import Progress
from toolkit.data import Dataset, Split
from toolkit.tasks import task_of
from toolkit.train.batches import Batches, shuffled, to_real
from toolkit.train.checks.result import FoundRates, NetworkChecks
from toolkit.train.module import ExitTraining
from toolkit.train.options import TrainOptions
from toolkit.train.phase import quiet

FIRST = 500
"""Images that the first loss is taken over."""
BATCH = 32
STEPS = 300
"""Training steps at most to learn a batch by heart."""
RATES = 60
"""Learning rates that are tried."""
_LOWEST, _HIGHEST = 1e-6, 1.0
_RATE = 2e-3


def check_network(
    spec: NetworkSpec, dataset: Dataset, options: TrainOptions, folder: Path, progress: Progress
) -> NetworkChecks:
    """Check whether a network of a classification learns; ``folder`` is for Lightning's own files."""
    batch = Split(dataset.train.images[:BATCH].copy(), dataset.train.labels[:BATCH].copy())
    steps, learnt = _by_heart(_net(spec, options), batch, progress)
    return NetworkChecks(
        expected=math.log(spec.outputs),
        initial=_first_losses(_net(spec, options), dataset.train),
        batch=len(batch),
        steps=steps,
        learnt=learnt,
        rate=_find_rate(_net(spec, options), dataset.train, options, folder),
    )


def _net(spec: NetworkSpec, options: TrainOptions) -> EarlyExitNet:
    """Return the network as training begins with it."""
    torch.manual_seed(options.seed)
    return build_float(spec)


@torch.no_grad()
def _first_losses(net: EarlyExitNet, train: Split) -> tuple[float, ...]:
    task, net = task_of(net.spec), net.train()
    images, labels = to_real(torch.tensor(train.images[:FIRST])), torch.tensor(train.labels[:FIRST])
    return tuple(float(task.loss(outputs, images, labels)) for outputs in net(images))


def _by_heart(net: EarlyExitNet, batch: Split, progress: Progress) -> tuple[int, tuple[float, ...]]:
    """Train on one batch until every exit knows it; returns steps and accuracies."""
    task, net = task_of(net.spec), net.train()
    images, labels = to_real(torch.tensor(batch.images)), torch.tensor(batch.labels)
    optimizer = torch.optim.Adam(net.parameters(), lr=_RATE)
    right: tuple[float, ...] = ()
    for step in range(1, STEPS + 1):
        exits = net(images)
        right = tuple(float((one.argmax(dim=1) == labels).float().mean()) for one in exits)
        if min(right) == 1.0:
            return step, right
        optimizer.zero_grad()
        torch.stack([task.loss(one, images, labels) for one in exits]).sum().backward()
        optimizer.step()
        progress("learn a batch by heart", step, STEPS)
    return STEPS, right


def _find_rate(net: EarlyExitNet, train: Split, options: TrainOptions, folder: Path) -> FoundRates:
    """Raise the learning rate from step to step (Smith, arXiv 1506.01186), by Lightning's tuner."""
    module = ExitTraining(net, train, options, RATES, _LOWEST, None)
    folder.mkdir(parents=True, exist_ok=True)
    with quiet(), contextlib.redirect_stderr(io.StringIO()):  # it shows a bar of its own
        trainer = lightning.Trainer(
            accelerator=options.device,
            devices=1,
            max_epochs=RATES,  # as many steps, of however small data
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            limit_val_batches=0,
            default_root_dir=folder,
        )
        found = Tuner(trainer).lr_find(
            module,
            Batches(train, options.batch, shuffled(len(train), options.seed, lambda: module.current_epoch)),
            min_lr=_LOWEST,
            max_lr=_HIGHEST,
            num_training=RATES,
            update_attr=False,
            attr_name="rate",
        )
    assert found is not None  # it is for rank 0, and there is one process
    pairs = zip(found.results["lr"], found.results["loss"], strict=True)
    finite = [(float(rate), float(loss)) for rate, loss in pairs if math.isfinite(loss)]
    suggested = found.suggestion(skip_begin=5, skip_end=1) if len(finite) > 10 else None
    return FoundRates(
        rates=tuple(rate for rate, _ in finite), losses=tuple(loss for _, loss in finite), suggested=suggested
    )
