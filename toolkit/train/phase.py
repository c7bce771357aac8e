"""One phase of a training, float or quantised: Lightning's trainer with early stopping and resuming."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import lightning
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, EMAWeightAveraging, ModelCheckpoint

from hw_models.network import EarlyExitNet
from hw_models.quantized import QuantEarlyExitNet
from toolkit.core.errors import TrainingDiverged
from toolkit.core.paths import is_file
from toolkit.core.progress import Progress
from toolkit.data import Dataset
from toolkit.tasks import Task, task_of
from toolkit.train.batches import Batches, shuffled
from toolkit.train.callbacks import RecordHistory, ReportProgress
from toolkit.train.checkpoint import read_torch
from toolkit.train.ending import PhaseEnd, TrainingEnds
from toolkit.train.history import History
from toolkit.train.module import ExitTraining, frozen, monitored
from toolkit.train.options import TrainOptions
from toolkit.train.trackers import Forgiving, tracker

Say = Callable[[str], None]
Net = TypeVar("Net", bound=EarlyExitNet)
_EVALUATION_BATCH = 1000
BEST = "best.ckpt"
"""File with the best weights of a phase, in its folder."""
LAST = "last.ckpt"
"""File that a killed phase continues from."""


@dataclass(frozen=True)
class Phases:
    """Runs the phases of one training in ``out_dir``; a killed phase is resumed.

    Attributes:
        dataset: images and labels, split.
        options: training options.
        out_dir: folder of the training.
        say: function that is called with one line of text per epoch; None: no text.
        progress: callback for training steps.
        records: folder that trackers write into; None: ``trackers`` in ``out_dir``.
    """

    dataset: Dataset
    options: TrainOptions
    out_dir: Path
    say: Say | None
    progress: Progress
    records: Path | None = None
    _trackers: list[Forgiving] = field(default_factory=list)

    def fit(self, name: str, net: Net, epochs: int, rate: float, teacher: EarlyExitNet | None) -> Net:
        """Train ``net`` and return it with the best weights, on the CPU, in evaluation mode.

        The best epoch is the one that the options, or else the network's task, find best on validation data.
        With 0 epochs ``net``
        is returned unchanged.
        """
        best = self.out_dir / name / BEST
        # Averaging rounds even weights that stand still.
        kept = {k: v.clone() for k, v in frozen(net).items()} if self.options.mode == "exits-only" else {}
        if epochs:
            if not is_file(self.out_dir / name / "finished"):
                with self._ending(name, epochs, task_of(net.spec)):
                    self._run(name, _layout(net, torch.channels_last), epochs, rate, teacher)
                (self.out_dir / name / "finished").touch()
            content = read_torch(best, f"weights {best}")
            prefix = "net."  # the attribute of ExitTraining; its metrics are in the state dict as well
            state = content["state_dict"].items()
            learnt = {k.removeprefix(prefix): v for k, v in state if k.startswith(prefix)}
            net.load_state_dict(learnt | kept)
        return _layout(net.cpu(), torch.contiguous_format).eval()

    @contextmanager
    def _ending(self, name: str, most: int, task: Task) -> Iterator[None]:
        """Record how the phase ends: why, and which epoch's weights were kept."""
        try:
            yield
        except TrainingDiverged as error:
            self._record(name, most, task, f"{error.what.partition(' in ')[0]} is {error.found}")
            raise
        self._record(name, most, task, "")

    def _record(self, name: str, most: int, task: Task, cause: str) -> None:
        best = self.out_dir / name / BEST
        kept = read_torch(best, f"weights {best}")["epoch"] + 1 if is_file(best) else None
        rows = {row.epoch: row for row in History.load(self.out_dir).epochs if row.phase == name}
        metric, better = monitored(self.options, task)
        end = PhaseEnd(
            phase=name,
            reason="diverged" if cause else "epochs" if len(rows) == most else "patience",
            cause=cause,
            monitored=metric,
            better=better,
            kept=kept,
            best=None if kept is None else rows[kept].metrics[metric],
            epochs=len(rows),
            most=most,
            patience=self.options.patience,
        )
        (TrainingEnds.find(self.out_dir) or TrainingEnds()).followed_by(end).save(self.out_dir)

    def _run(
        self, name: str, net: EarlyExitNet, epochs: int, rate: float, teacher: EarlyExitNet | None
    ) -> None:
        task = task_of(net.spec)
        fitted, validation = task.fitted(self.dataset.train), task.fitted(self.dataset.validation)
        fresh = not isinstance(net, QuantEarlyExitNet) or not self.options.float_epochs
        module = ExitTraining(net, validation, self.options, epochs, rate, teacher, fresh)
        count = len(fitted)
        order = shuffled(count, self.options.seed, lambda: module.current_epoch)
        folder = self.out_dir / name
        last = folder / LAST
        if not any(one.lost for one in self._trackers):
            records = self.records or self.out_dir / "trackers"
            self._trackers.append(tracker(self.options.tracker, records, name, self.say or (lambda _: None)))
        with quiet():
            trainer = lightning.Trainer(
                accelerator=self.options.device,
                devices=1,
                max_epochs=epochs,
                callbacks=self._callbacks(name, folder, task),
                logger=self._trackers[-1],
                enable_progress_bar=False,
                enable_model_summary=False,
                num_sanity_val_steps=0,
                log_every_n_steps=1_000_000,
                default_root_dir=folder,
            )
            trainer.fit(
                module,
                Batches(fitted, self.options.batch, order),
                Batches(validation, _EVALUATION_BATCH),
                ckpt_path=last if is_file(last) else None,
                weights_only=True,
            )

    def _callbacks(self, name: str, folder: Path, task: Task) -> list[Callback]:
        options = self.options
        metric, better = monitored(options, task)
        # Two of them, since Lightning's save_last writes only when an epoch is the best so far.
        best = ModelCheckpoint(
            folder, Path(BEST).stem, monitor=metric, mode=better, enable_version_counter=False
        )
        last = ModelCheckpoint(folder, Path(LAST).stem, enable_version_counter=False)
        callbacks: list[Callback] = [
            EarlyStopping(metric, options.min_delta, options.patience, mode=better, verbose=False),
            RecordHistory(self.out_dir, name, self.say),
            best,
            last,
        ]
        if self.options.average:
            callbacks.append(EMAWeightAveraging(decay=self.options.average, use_buffers=True))
        return [*callbacks, ReportProgress(name, self.progress)]


def _layout(net: Net, layout: torch.memory_format) -> Net:
    """Set the memory layout of the weights; convolutions on the CPU are fastest channels last."""
    return net.to(memory_format=layout)  # type: ignore[call-overload]


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress Lightning's banners and its advice on data loaders, which does not apply to ours."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            warnings.filterwarnings("ignore", message=".*does not have many workers.*")
            yield
    finally:
        logger.setLevel(level)
