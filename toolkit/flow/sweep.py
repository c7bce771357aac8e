"""Trains a network with all bits from few to many: accuracy and exit rate against bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from toolkit.core.errors import BadOption
from toolkit.explore.search import BitSweep, Tried
from toolkit.flow.own import named
from toolkit.flow.points import (
    LEAST_BITS,
    MOST_BITS,
    OPTIONS,
    Points,
    folder_of,
    write_points,
)
from toolkit.flow.resolve import given_path, resolve
from toolkit.flow.step import Reporter, Step
from toolkit.flow.study import told

STUDY = Step(
    "sweep",
    "Train a network with all bits from few to many: accuracy and exit rate against bits",
    lambda _: {},
    options=OPTIONS,
)
"""Declared like a step, for its options and its progress; it is none of the flow."""


def sweep_bits(
    model: object = None,
    *,
    least_bits: int = LEAST_BITS.default,
    most_bits: int = MOST_BITS.default,
    out: str | Path | None = None,
    progress: bool | Reporter = False,
    **options: Any,
) -> BitSweep:
    """Train a network with weights and activations of all bits from few to many, each for a few epochs.

    Trainings start from the weights nearest in bits. What has been trained is kept, so that a call that was
    killed goes on.

    Args:
        model: as for :func:`toolkit.build`.
        least_bits, most_bits: fewest and most bits.
        out: folder of the result: ``sweep.json``, ``sweep.png`` and a folder per point, by its bits, for
            ``offramp build --from``; None: ``runs/MODEL-DATASET-sweep``.
        progress: whether to show what happens on standard error, or a receiver of it.
        options: options of data, weights, bits, training, target and cluster, by their names on the
            command line.

    Raises:
        UnknownName, BadOption: a name does not exist, or a value is out of range.
        HostFailed, UnsupportedVersion: of the cluster.
        OfframpError: the data or the weights cannot be read, or do not fit.
    """
    for one, value in ((LEAST_BITS, least_bits), (MOST_BITS, most_bits)):
        one.check(value)
    if least_bits > most_bits:
        raise BadOption("--least-bits", expected=f"at most --most-bits, {most_bits}", found=least_bits)
    from toolkit.report.exploration import write_sweep

    name, own = named(model)
    _, chosen = resolve(name, None, options, own=own)
    folder = folder_of(chosen, None if out is None else given_path(out), BitSweep)
    with told(STUDY, progress, f"{least_bits} to {most_bits} bits") as progressing:
        points = Points(chosen, progressing.reporter.progress)
        found, made = _swept(points, range(least_bits, most_bits + 1), None if own is None else own.weights)
        before = BitSweep.find(folder)
        write_points(folder, before.points if before else (), found.points, made, points.options)
        write_sweep(folder, found)
        found.save(folder)
        progressing.message = f"in {folder}"
    return found


def _swept(points: Points, every: range, given: bytes | None) -> tuple[BitSweep, dict[int, Path]]:
    """Train; returns the result and the folder of each point with a checkpoint, by its bits."""
    from toolkit.explore.search.space import Space, Variant
    from toolkit.explore.search.study import Training, nearest

    starts, base = points.starts(given), points.options.quant.config()
    space = Space(points.spec, base, every[0], every[-1], mixed=False)
    quants = [replace(base, weight_bits=bits, act_bits=bits, overrides={}) for bits in every]
    variants = [Variant(points.spec, quant) for quant in quants]
    trainings = [Training(one, points.epochs, nearest(space, starts, one)) for one in variants]
    made = dict(zip(every, points.train(trainings), strict=True))
    rows = tuple(
        Tried(
            number=bits,
            quant=training.variant.quant.to_json(),
            key=training.variant.quant.key(),
            epochs=points.epochs,
            start=training.start.what,
            figures=made[bits].found.figures,
            refused=made[bits].found.refused,
        )
        for bits, training in zip(every, trainings, strict=True)
    )
    found = BitSweep(
        model=points.spec.name,
        dataset=points.data.name,
        target=points.board.name,
        epochs=points.epochs,
        points=rows,
    )
    return found, {bits: one.folder for bits, one in made.items() if one.found.figures is not None}
