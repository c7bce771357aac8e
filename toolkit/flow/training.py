"""Trains the network of a run and leaves what a user looks at. Imports PyTorch."""

from __future__ import annotations

import shutil
from pathlib import Path

from toolkit.core.errors import TrainingDiverged
from toolkit.core.paths import is_file
from toolkit.flow import inputs
from toolkit.flow.groups import PLACES
from toolkit.flow.step import Context
from toolkit.report.training import write_training
from toolkit.train import summaries
from toolkit.train.checkpoint import Checkpoint
from toolkit.train.options import Start, recipe
from toolkit.train.phase import BEST
from toolkit.train.run import results, train
from toolkit.train.weights import read_weights


def train_here(context: Context) -> Checkpoint:
    """Train the network of a run; results are written into the step's folder, also if it diverges.

    Raises:
        OfframpError: any error of :func:`toolkit.train.run.train` and of reading weights.
    """
    options, own = context.options, context.options.network.own
    spec, file = options.network.spec(), options.network.weights
    names = own.modules if own else None
    given = None if file is None else read_weights(file, spec, options.network.weights_unit, names)
    how = options.training.changes.keys() - {"epochs", "float_epochs", *PLACES}
    start: Start = "random" if given is None else "trained" if options.training.train or how else "final"
    # Training runs in the scratch folder, so that it continues after the last complete epoch if it is killed.
    try:
        checkpoint = train(
            spec,
            options.quant.config(),
            inputs.dataset(context),
            recipe(options.data.dataset, start, seed=options.data.seed, **options.training.changes),
            context.scratch,
            say=context.reporter.line,
            progress=context.progress,
            weights=given,
            records=_records(context),
        )
    except TrainingDiverged:
        _leave(context)  # it stays in the folder of the failed step
        for name in ("float", "quantized"):
            if is_file(best := context.scratch / name / BEST):
                shutil.copyfile(best, context.out / f"{name}.ckpt")
        raise
    _leave(context)
    return checkpoint


def _records(context: Context) -> Path | None:
    """Return the folder of the run that a tracker writes into; curves as CSV are results anyway."""
    return None if context.options.training.tracker == "csv" else context.out.parent / "trackers"


def _leave(context: Context) -> None:
    """Copy the results of a training, and say how its phases ended."""
    for result in results(context.scratch):
        shutil.copyfile(result, context.out / result.name)
    for phase in summaries(context.out):
        context.reporter.line(phase.says)
    draw(context)


def draw(context: Context) -> None:
    """Draw the curves, if there are any."""
    options = context.options
    bits = options.quant.config().key()
    write_training(context.out, f"{options.network.model} on {options.data.dataset}, {bits}")
