"""Training from data to checkpoint: the float network, then the quantised network from its weights.

A training has one folder: ``float/`` and ``quantized/`` (Lightning's checkpoints of each phase),
``history.csv`` (curves of both), ``ends.json`` (how each ended), ``options.json`` (arguments of the training)
and ``checkpoint.pt`` with its card ``checkpoint.json``. A killed training continues after its last complete
epoch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import torch

from hw_models import NetworkSpec, QuantConfig
from hw_models.description import describe_network
from hw_models.floating import build_float
from hw_models.network import EarlyExitNet
from hw_models.quantized import build_quantized
from toolkit.core.artifact import write_json
from toolkit.core.errors import BadOption, CheckpointMismatch, UnknownName
from toolkit.core.paths import is_file
from toolkit.core.progress import Progress, silent
from toolkit.core.reading import read_json
from toolkit.data import Dataset, DatasetInfo
from toolkit.tasks import task_of
from toolkit.train.batches import to_real
from toolkit.train.card import card_of, describe, write_card
from toolkit.train.checkpoint import Checkpoint
from toolkit.train.ending import TrainingEnds
from toolkit.train.fit import require_fit
from toolkit.train.history import History
from toolkit.train.module import validation_metrics
from toolkit.train.options import TrainOptions
from toolkit.train.phase import Phases, Say
from toolkit.train.weights import FloatWeights

_CALIBRATION_IMAGES = 500


def train(
    spec: NetworkSpec,
    quant: QuantConfig,
    dataset: Dataset,
    options: TrainOptions,
    out_dir: Path,
    say: Say | None = None,
    progress: Progress = silent,
    weights: FloatWeights | None = None,
    records: Path | None = None,
) -> Checkpoint:
    """Train ``spec``, quantised according to ``quant``, on ``dataset`` and return the best checkpoint.

    Args:
        spec: network to train.
        quant: bit widths and scales.
        dataset: images and labels, split.
        options: training options.
        out_dir: folder of this training. An unfinished training with the same arguments is continued; the
            checkpoint of a finished one is returned.
        say: function that is called with one line of text per epoch.
        progress: callback for the training steps of every epoch.
        weights: weights to start from; None: random ones.
        records: folder that trackers write into; None: ``trackers`` in ``out_dir``.

    Raises:
        BadOption: images, classes or options do not fit the network, or there is no GPU as required.
        CheckpointMismatch: ``out_dir`` holds a training with other arguments.
        ToolMissing: the chosen tracker is not installed.
        TrainingDiverged: a loss is not finite.
    """
    _check_fit(spec, dataset, options, weights)
    _claim(out_dir, spec, quant, dataset, options, weights)
    done = out_dir / Checkpoint.FILE
    if is_file(done):
        checkpoint = Checkpoint.load(out_dir)
        write_card(checkpoint, done)
        return checkpoint
    phases = Phases(dataset, options, out_dir, say, progress, records)
    teacher = _float_phase(phases, spec, weights)
    torch.manual_seed(options.seed)  # again, so that the weights do not depend on the float phase
    net = build_quantized(spec, quant)
    taught = bool(options.float_epochs or weights)
    if taught:
        net.load_float(teacher.state_dict())
    fitted = task_of(spec).fitted(dataset.train).images
    net.calibrate(to_real(torch.tensor(fitted[:_CALIBRATION_IMAGES])))
    guide = teacher if options.teacher and taught else None
    phases.fit("quantized", net, options.epochs, options.rate, guide)
    history = History.load(out_dir)
    history.save(out_dir)  # without an epoch there is none yet
    details = describe(net, dataset, options, history)
    if weights is not None:
        details["weights"] = weights.to_json()
    state = {name: value.detach().cpu() for name, value in net.state_dict().items()}
    checkpoint = Checkpoint(spec, dataset.name, dataset.digest, quant, state, details)
    checkpoint.require_finite(f"the trained {spec.name}")
    checkpoint = checkpoint.compact()
    write_card(checkpoint, checkpoint.save(out_dir))
    return checkpoint


def train_float(
    spec: NetworkSpec,
    dataset: Dataset,
    options: TrainOptions,
    out_dir: Path,
    say: Say | None = None,
    progress: Progress = silent,
) -> EarlyExitNet:
    """Train the float network of ``spec`` alone, as :func:`train` begins; raises its errors."""
    _check_fit(spec, dataset, options, None)
    return _float_phase(Phases(dataset, options, out_dir, say, progress), spec, None)


def _float_phase(phases: Phases, spec: NetworkSpec, weights: FloatWeights | None) -> EarlyExitNet:
    options = phases.options
    torch.manual_seed(options.seed)
    start = build_float(spec)
    if weights is not None:
        start.load_state_dict(dict(weights.state))
    return phases.fit("float", start, options.float_epochs, options.float_rate, None)


def results(folder: Path) -> tuple[Path, ...]:
    """Return the result files of a training in ``folder``: checkpoint, card, curves and how it ended.

    Of one that diverged there are fewer.
    """
    checkpoint = folder / Checkpoint.FILE
    found = (checkpoint, card_of(checkpoint), folder / History.FILE, folder / TrainingEnds.FILE)
    return tuple(file for file in found if is_file(file))


def _check_fit(
    spec: NetworkSpec, dataset: Dataset, options: TrainOptions, weights: FloatWeights | None
) -> None:
    require_fit(spec, DatasetInfo.of(dataset))
    if options.exit_weights is not None and len(options.exit_weights) != spec.exits:
        expected = f"{spec.exits}, one per exit"
        raise BadOption("training option exit_weights", expected=expected, found=len(options.exit_weights))
    known = validation_metrics(spec)
    if options.monitor is not None and options.monitor not in known:
        raise UnknownName.among("monitor", options.monitor, known)
    if options.mode == "exits-only" and (weights is None or spec.exits == 1):
        found = "none" if weights is None else "a network of one exit"
        raise BadOption("training option mode", expected="for exits-only, weights of a backbone", found=found)
    if options.device == "gpu" and not torch.accelerator.is_available():
        raise BadOption(
            "training option device", expected="auto or cpu, for there is no GPU here", found="gpu"
        )


def _claim(
    out_dir: Path,
    spec: NetworkSpec,
    quant: QuantConfig,
    dataset: Dataset,
    options: TrainOptions,
    weights: FloatWeights | None,
) -> None:
    """Record the arguments in ``out_dir``; refuse a folder that holds a training with other arguments."""
    wanted = {
        "network": describe_network(spec),
        "quant": quant.to_json(),
        "dataset": [dataset.name, dataset.digest],
        "options": options.to_json() | {"device": None, "tracker": None},
        "weights": None if weights is None else weights.to_json(),
    }
    path = out_dir / "options.json"
    if not is_file(path):
        out_dir.mkdir(parents=True, exist_ok=True)
        write_json(path, wanted)
        return
    have = read_json(path)
    differing = [key for key in wanted if have.get(key) != wanted[key]]
    if differing:
        raise CheckpointMismatch(
            f"{out_dir} holds another training",
            expected=", ".join(f"{key} {_shown(wanted[key])}" for key in differing),
            found=", ".join(f"{key} {_shown(have.get(key))}" for key in differing),
            fix="Choose another folder, or delete this one.",
        )


def _shown(value: object) -> str:
    """Return a network by its name, since its layers take many lines."""
    return str(value["name"]) if isinstance(value, dict) and "name" in value else str(value)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread: several would add in an order that depends on their number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
