"""Figures under load of shipped checkpoints, over all test images, as docs/comparison.md quotes them.

    .venv/bin/python benchmarks/under_load.py [b_lenet_se b_lenet_fcn] [--dataset mnist] [--host-us 16]

Exits are decided by the default policy on golden logits of every test image. The designs of the reference
budget are built, and the first 1,000 images simulated through all stages together; times follow from the
simulated paces. Energies are those of the model, part by part. Minutes at first, then from the cache.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import hw_models
from hw_models import QuantConfig
from toolkit import data
from toolkit.boards import board
from toolkit.cascade import LoadPoint, StagePace
from toolkit.cascade.timing import Ints
from toolkit.compile import segment_candidates
from toolkit.core.env import settings
from toolkit.cost import LoadStudy, Setting, cascade_costs, part_energies, requested_clock
from toolkit.cost.load import AtWork
from toolkit.exits import Answers, Curve, ExitPolicy
from toolkit.exits.objectives import ExitRate
from toolkit.explore.budgets import planned_reach, sweep
from toolkit.explore.comparison import SLOTS, Comparison, MapBuffer
from toolkit.explore.reference import MOST_FRAMES, simulate_reference
from toolkit.export import ExitGraphs
from toolkit.export.export import export_graphs
from toolkit.families.resources import Resources
from toolkit.flow.golden import calibrated
from toolkit.flow.groups import HOST_US
from toolkit.train import recipe
from toolkit.train.checkpoint import shipped
from toolkit.verify.stages import golden_stages


def main() -> None:
    """Print Markdown tables."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("models", nargs="*", default=["b_lenet_se", "b_lenet_fcn"])
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--host-us", type=float, default=HOST_US)
    options = parser.parse_args()
    for model in options.models:
        with tempfile.TemporaryDirectory() as folder:
            show(model, options.dataset, options.host_us, Path(folder))


def show(model: str, dataset: str, host_us: float, folder: Path) -> None:
    """Print the figures of one network."""
    checkpoint, on = shipped(model, dataset, QuantConfig()), board("zc706")
    if checkpoint is None:
        raise SystemExit(f"no checkpoint of {model} on {dataset} ships")
    graphs, images = export_graphs(checkpoint.build(), folder), data.load(dataset, settings().data_dir)
    decided = Decided.of(graphs, images)
    print(f"{model}: {', '.join(decided.cells)}")
    reach = planned_reach(decided.curve.exit_rates[decided.curve.chosen(decided.policy)])
    units = {part: segment_candidates(graph, on) for part, graph in graphs.segments.items()}
    buffer = MapBuffer.of(graphs.map_bits)
    curve = sweep(units, reach, on.resources.budget, buffer=Resources(**dict(buffer.resources)))
    shown = images.test.images[:MOST_FRAMES]
    designs = simulate_reference(graphs, curve, decided.policy, shown, buffer, folder / "designs")
    print(Comparison.of(curve, on.name, designs, buffer).summary())
    print(f"together: {designs.together}\n{buffer}")
    paces = (*designs.paces, designs.first.pace)
    print(f"paces: {paces}")
    study = study_of(model, decided.answers.exits, *paces, host_us)
    for one in study.operations:
        print(f"| {' | '.join(cells(one))} |")
    for name, points in (("early exit", study.early_curve), ("no early exit", study.baseline_curve)):
        for point in points:
            print(f"| {name} | {point.order} | {point.load:.0%} | {' | '.join(latencies(point))} |")
    for one in study.buffers:
        print(f"| {one.slots} maps | {one.point.interval_cycles:,.0f} | {' | '.join(latencies(one.point))} |")
    print(f"exit 0 alone: {study.first}")


@dataclass(frozen=True)
class Decided:
    """The default policy of a network, and what it decides on the test images.

    Attributes:
        curve, policy: calibration by default options, on golden logits.
        answers: answers to the test images.
        cells: combined accuracy, share that leaves at exit 0, and accuracy of each exit alone.
    """

    curve: Curve
    policy: ExitPolicy
    answers: Answers
    cells: list[str]

    @classmethod
    def of(cls, graphs: ExitGraphs, images: data.Dataset, exit_rate: float | None = None) -> Decided:
        """Calibrate on the calibration split, and decide on the test split; None: the default rate."""
        wanted = recipe(images.name).exit_rate if exit_rate is None else exit_rate
        found = calibrated(graphs, images.calibration, ExitRate(wanted))
        policy = found.policy(checkpoint="", model=graphs.model)
        logits = [stage.logits for stage in golden_stages(graphs, images.test.images)]
        answers, labels = policy.answer(logits), images.test.labels
        right = [
            (each == labels).mean() for each in (answers.classes, *(one.argmax(axis=1) for one in logits))
        ]
        combined, *alone = (f"{100 * one:.2f} %" for one in right)
        early = f"{100 * (answers.exits == 0).mean():.1f} %"
        return cls(found.curve, policy, answers, [combined, early, *alone])


def study_of(
    model: str,
    exits: Ints,
    stages: Sequence[StagePace],
    baseline: StagePace,
    first: StagePace,
    host_us: float = HOST_US,
) -> LoadStudy:
    """Replay frames that leave at ``exits``, with energies and clock of a Pynq-Z2."""
    on = board("pynq-z2")
    setting = Setting(
        exits=exits,
        energies=part_energies(hw_models.get(model), QuantConfig(), on),
        clock=requested_clock(on, None),
        on=on,
        host_us=host_us,
    )
    full = cascade_costs(stages, baseline, setting, slots=SLOTS)
    return LoadStudy.of(stages, baseline, first, setting, SLOTS, full)


def cells(one: AtWork) -> list[str]:
    """Return a row of the table in docs/comparison.md, without the network."""
    static, gain = one.loads.baseline, one.gain
    gains = (gain.throughput, gain.latency, gain.energy, gain.edp)
    return [
        one.loads.limited_by,
        one.loads.order,
        f"{one.early.frames_per_s:,.0f} / {one.baseline.frames_per_s:,.0f}",
        *latencies(one.loads.early),
        f"{static.mean_latency_cycles:,.0f}",
        *("-" if each is None else f"{each:.2f}" for each in gains),
    ]


def latencies(point: LoadPoint) -> list[str]:
    """Return mean, 99th percentile and maximum in cycles, and the longest queues."""
    spread = point.latency_cycles
    queues = ", ".join(map(str, point.longest_queue))
    return [f"{point.mean_latency_cycles:,.0f}", f"{spread.p99:,}", f"{spread.max:,}", queues]


if __name__ == "__main__":
    main()
