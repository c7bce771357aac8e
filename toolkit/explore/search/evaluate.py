"""The pieces of a search: a training from weights that are there, and the figures of what results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hw_models import NetworkSpec, QuantConfig
from hw_models.description import network_of
from toolkit import boards
from toolkit.boards import Board
from toolkit.cascade import reach
from toolkit.compile import segment_candidates
from toolkit.compile.folding.chip import demands_of, fold_growing
from toolkit.core.errors import (
    FoldingUnreachable,
    RangeExceeded,
    TrainingDiverged,
    UnsupportedOperator,
)
from toolkit.core.store import scratch
from toolkit.cost import reference_board, requested_clock, stage_energies
from toolkit.data import Dataset
from toolkit.data.here import dataset_here
from toolkit.explore.bound import estimated_paces
from toolkit.explore.budgets import planned_reach
from toolkit.explore.places.heads import trained_heads
from toolkit.explore.search.result import Evaluation, Figures
from toolkit.export.export import export_graphs
from toolkit.links import chip_side
from toolkit.tasks import Frames, task_of
from toolkit.train.checkpoint import Checkpoint
from toolkit.train.logits import exit_logits
from toolkit.train.options import TrainOptions
from toolkit.train.run import one_thread, train, train_float
from toolkit.train.weights import FloatWeights, read_weights

FLOAT_FILE = "float.pt"
HEAD_STEPS = 300
"""Steps in which new heads are trained on a backbone that stays as it is, before all is trained."""
_REFUSED = (FoldingUnreachable, RangeExceeded, TrainingDiverged, UnsupportedOperator)
"""Errors that say that a point cannot be; all others end the search."""


def trained_point(
    folder: Path,
    start: Path,
    *,
    network: Mapping[str, Any],
    quant: Mapping[str, Any],
    training: Mapping[str, Any],
    data: str,
    source: Mapping[str, Any],
    start_network: Mapping[str, Any] | None = None,
) -> None:
    """Train a point and write its checkpoint into ``folder``; an evaluation instead if it cannot be.

    Args:
        folder: folder of the result.
        start: weights to train from, as :func:`toolkit.train.weights.read_weights` takes them.
        network, quant, training: as their JSON.
        data: digest of the data.
        source: arguments of :func:`toolkit.data.here.dataset_here`.
        start_network: JSON of the network of ``start`` if it has other exits: of these weights the backbone's
            are taken.

    Raises:
        DataError: the data here are others.
    """
    given, spec = dataset_here(data, **source), network_of(dict(network), "the network of a point")
    options = TrainOptions(**training)
    if start_network is None:
        weights = read_weights(start, spec)
    else:
        has = network_of(dict(start_network), "the network of a start")
        weights = _with_new_heads(start, has, spec, given, options.seed)
    try:
        with scratch("point") as work, one_thread():
            checkpoint = train(
                spec, QuantConfig.from_json(quant), given, options, work / "train", weights=weights
            )
            # Its wall time is no part of the result.
            details = {name: value for name, value in checkpoint.details.items() if name != "train_seconds"}
            replace(checkpoint, details=details).save(folder)
    except _REFUSED as error:
        Evaluation(refused=str(error)).save(folder)


def evaluated(
    folder: Path,
    checkpoint: Path,
    *,
    board: str,
    tools: str | None,
    luts: int,
    most_luts: int,
    exit_rate: float | None,
    data: str,
    source: Mapping[str, Any],
) -> None:
    """Write the evaluation of a trained point into ``folder``.

    Args:
        folder: folder of the result.
        checkpoint: its checkpoint.
        board, tools, luts: what it is folded for.
        most_luts: look-up tables that it may have if so few are not enough.
        exit_rate: share of the frames that leave at each early exit; None: as it was trained for.
        data, source: as for :func:`trained_point`.
    """
    trained, on = Checkpoint.read(checkpoint), boards.board(board, tools=tools)
    metrics = trained.details["metrics"]
    try:
        with scratch("point") as work, one_thread():
            if exit_rate is not None:
                metrics = _metrics(trained, dataset_here(data, **source), exit_rate)
            found = _figures(trained, metrics, on, luts, most_luts, work / "graphs")
    except _REFUSED as error:
        found = Evaluation(refused=str(error))
    found.save(folder)


def _metrics(trained: Checkpoint, data: Dataset, exit_rate: float) -> Mapping[str, Any]:
    """Return the metrics of each split at thresholds for an exit rate, chosen on the calibration split."""
    net = trained.build()
    frames = {
        name: Frames(split, exit_logits(net, split)) for name, split in data.splits() if name != "train"
    }
    found: Mapping[str, Any] = task_of(trained.network).card(frames, exit_rate)["metrics"]
    return found


def _with_new_heads(
    start: Path, has: NetworkSpec, wanted: NetworkSpec, data: Dataset, seed: int
) -> FloatWeights:
    """Return the backbone's weights under their names in a network with other exits, with new heads."""
    weights = read_weights(start, has)
    with one_thread():
        net, _ = trained_heads(has, weights.state, wanted, data, HEAD_STEPS, seed)
    return replace(weights, state=net.state_dict())


def trained_float(
    folder: Path,
    *,
    network: Mapping[str, Any],
    training: Mapping[str, Any],
    data: str,
    source: Mapping[str, Any],
) -> None:
    """Train the float network, and write its weights into ``folder``; arguments as :func:`trained_point`."""
    spec = network_of(dict(network), "the network of a search")
    options = TrainOptions(**training)
    with scratch("float") as work, one_thread():
        net = train_float(spec, dataset_here(data, **source), options, work)
    torch.save(net.state_dict(), folder / FLOAT_FILE)


def _figures(
    checkpoint: Checkpoint, metrics: Mapping[str, Any], on: Board, luts: int, most_luts: int, work: Path
) -> Evaluation:
    """Estimate what the network takes on a board, folded for it; accuracies are those of ``metrics``."""
    graphs = export_graphs(checkpoint.build(), work)
    segments = {part: segment_candidates(graph, on) for part, graph in graphs.segments.items()}
    takes = chip_side(on).with_buffers(graphs.image_bits, graphs.map_bits)
    folded, luts = fold_growing(segments, on, takes, luts, most_luts)
    rates = metrics["validation"]["exit_rate"]
    shares = planned_reach(rates)
    demands = [replace(demand, share=shares[demand.part.k]) for demand in demands_of(segments)]
    interval = folded.at(demands).interval
    clock = requested_clock(on, None)
    passed, latencies = 0.0, []
    for pace in estimated_paces(folded, graphs.topology):
        latencies.append(passed + pace.logits)
        passed += pace.feature_map or 0
    energies = stage_energies(checkpoint.network, checkpoint.quant, reference_board(on.name))
    used = folded.resources.plus(takes)
    figures = Figures(
        accuracy=metrics["validation"]["combined_accuracy"],
        test_accuracy=metrics["test"]["combined_accuracy"],
        exit_rates=tuple(rates),
        energy_uj=float(np.dot(reach(rates), [energy.value for energy in energies])),
        throughput=1e6 * clock.value / interval,
        latency_us=float(np.dot(rates, latencies)) * clock.cycle_us,
        lut=used.lut,
        bram=used.bram,
        dsp=used.dsp,
        cycles=interval,
        clock_mhz=clock.value,
    )
    return Evaluation(figures=figures, luts=luts)
