"""Figures under load of shipped checkpoints, over all test images, as docs/comparison.md quotes them.

    .venv/bin/python benchmarks/under_load.py [b_lenet_se b_lenet_fcn] [--dataset mnist] [--host-us 16]

Exits are decided by the default policy on golden logits of every test image. The designs of the reference
budget are built, and the first 1,000 images simulated through all stages together; times follow from the
simulated paces. Energies are those of the model, part by part. Minutes at first, then from the cache.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from hw_models import QuantConfig
from toolkit import data
from toolkit.boards import board
from toolkit.cascade import LoadPoint
from toolkit.compile import segment_candidates
from toolkit.core.env import settings
from toolkit.cost import LoadStudy, Setting, part_energies, requested_clock
from toolkit.exits import calibrate
from toolkit.exits.objectives import ExitRate
from toolkit.explore.budgets import planned_reach, sweep
from toolkit.explore.comparison import Comparison, MapBuffer
from toolkit.explore.reference import MOST_FRAMES, simulate_reference
from toolkit.export.export import export_graphs
from toolkit.families.resources import Resources
from toolkit.flow.options import HOST_US
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
    checkpoint, on, reference = shipped(model, dataset, QuantConfig()), board("zc706"), board("pynq-z2")
    if checkpoint is None:
        raise SystemExit(f"no checkpoint of {model} on {dataset} ships")
    graphs, images = export_graphs(checkpoint.build(), folder), data.load(dataset, settings().data_dir)
    given = [stage.logits for stage in golden_stages(graphs, images.calibration.images)]
    scales, aim = [graph.output.scale for graph in graphs.paths[:-1]], ExitRate(recipe(dataset).exit_rate)
    found = calibrate(given, scales, images.calibration.labels, "top1", aim)
    policy = found.policy(checkpoint=checkpoint.digest, model=model)
    reach = planned_reach(found.curve.exit_rates[found.curve.chosen(policy)].tolist())
    logits = [stage.logits for stage in golden_stages(graphs, images.test.images)]
    answers, labels = policy.answer(logits), images.test.labels
    alone = [float((each.argmax(axis=1) == labels).mean()) for each in logits]
    units = {part: segment_candidates(graph, on.part) for part, graph in graphs.segments.items()}
    buffer = MapBuffer.of(graphs.map_bits)
    curve = sweep(units, reach, on.resources.budget, buffer=Resources(**dict(buffer.resources)))
    shown = images.test.images[:MOST_FRAMES]
    designs = simulate_reference(graphs, curve, policy, shown, buffer, folder / "designs")
    right, early = (answers.classes == labels).mean(), (answers.exits == 0).mean()
    each = ", ".join(f"{one:.2%}" for one in alone)
    print(f"{model}: combined {right:.2%}, {early:.1%} leave at exit 0; exits alone {each}")
    print(Comparison.of(curve, on.name, designs, buffer).summary())
    print(f"together: {designs.together}\n{buffer}")
    paces = (*designs.paces, designs.first.pace)
    print(f"paces: {paces}")
    setting = Setting(
        exits=answers.exits,
        energies=part_energies(model, QuantConfig(), reference),
        clock=requested_clock(reference, None),
        on=reference,
        host_us=host_us,
    )
    show_study(LoadStudy.of(*paces, setting, buffer.slots))


def show_study(study: LoadStudy) -> None:
    """Print operations, curves and buffers."""
    for one in study.operations:
        early, static = one.loads.early, one.loads.baseline
        gain = [
            one.gain.throughput,
            one.gain.latency,
            one.gain.energy,
            one.gain.energy_incremental,
            one.gain.edp,
        ]
        rates = f"{one.early.frames_per_s:,.0f} / {one.baseline.frames_per_s:,.0f}"
        cells = [
            one.loads.limited_by,
            early.order,
            rates,
            *latencies(early),
            f"{static.mean_latency_cycles:,.0f}",
        ]
        print(f"| {' | '.join(cells)} | {' | '.join('-' if g is None else f'{g:.2f}' for g in gain)} |")
    for name, points in (("early exit", study.early_curve), ("no early exit", study.baseline_curve)):
        for point in points:
            print(f"| {name} | {point.order} | {point.load:.0%} | {' | '.join(latencies(point))} |")
    for one in study.buffers:
        print(f"| {one.slots} maps | {one.point.interval_cycles:,.0f} | {' | '.join(latencies(one.point))} |")
    print(f"exit 0 alone: {study.first}")


def latencies(point: LoadPoint) -> list[str]:
    """Return mean, 99th percentile and maximum in cycles, and the longest queues."""
    spread = point.latency_cycles
    queues = ", ".join(map(str, point.longest_queue))
    return [f"{point.mean_latency_cycles:,.0f}", f"{spread.p99:,}", f"{spread.max:,}", queues]


if __name__ == "__main__":
    main()
