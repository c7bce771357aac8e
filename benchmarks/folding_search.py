"""Time of the folding search, its curve, and the errors of FINN+'s estimates against synthesis.

    .venv/bin/python benchmarks/folding_search.py [MODEL ...] [--reach SHARE] [--board NAME]
    .venv/bin/python benchmarks/folding_search.py [MODEL ...] --synthesise [--cycles N]

For the shipped checkpoints. All figures are estimated but the times, which are measured. ``--reach``: share
of the frames that goes on to the second stage, for which the designs are folded. ``--synthesise``: each
segment, folded for ``--cycles``, goes through Yosys (minutes the first time, then from the cache); columns
are FINN+'s estimate, Yosys' count and their ratio for LUT, block RAM and DSP, then flip-flops.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from hw_models import QuantConfig
from toolkit.boards import board
from toolkit.compile import compile_segments
from toolkit.core.env import settings
from toolkit.core.topology import Part, trunk
from toolkit.explore.budgets import sweep
from toolkit.explore.comparison import MapBuffer
from toolkit.explore.synthesis import estimate, synthesise
from toolkit.export import Graph
from toolkit.export.export import export_graphs
from toolkit.families.resources import Resources
from toolkit.train.checkpoint import shipped

MODELS = ("b_lenet_se", "b_lenet_fcn")


def main() -> None:
    """Print one table per network."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", default=MODELS)
    parser.add_argument("--reach", type=float, default=0.05)
    parser.add_argument("--board", default="zc706")
    parser.add_argument("--synthesise", action="store_true")
    parser.add_argument("--cycles", type=int, default=3200)
    options = parser.parse_args()
    for model in options.models:
        checkpoint = shipped(model, "mnist", QuantConfig())
        if checkpoint is None:
            raise SystemExit(f"no checkpoint of {model} ships")
        with tempfile.TemporaryDirectory(prefix="offramp-benchmark-") as folder:
            graphs = export_graphs(checkpoint.build(), Path(folder) / "graphs").segments
            if options.synthesise:
                print_synthesis(model, graphs, options.cycles, Path(folder))
            else:
                print_curve(model, graphs, options.board, options.reach)


def print_curve(model: str, graphs: Mapping[Part, Graph], on: str, reach: float) -> None:
    """Print the gain over all budgets, and the time of the search."""
    from toolkit.compile import segment_candidates

    there = board(on)
    start = time.perf_counter()
    segments = {name: segment_candidates(graph, there) for name, graph in graphs.items()}
    listed = time.perf_counter()
    buffer = MapBuffer.of([graphs[trunk(0)].output.bits]).resources
    found = sweep(segments, (1.0, reach), there.resources.budget, buffer=Resources(**dict(buffer)))
    searched = time.perf_counter()
    options = sum(len(unit.candidates) for units in segments.values() for unit in units)
    print(
        f"{model} on {on}, reach {reach:g}: {options} foldings listed in {listed - start:.1f} s, "
        f"{2 * len(found.pairs)} designs and {len(found.pairs)} shares found in {searched - listed:.2f} s"
    )
    print("  DSP   gain  share  |  cycles   DSP slowest, early exit        |  cycles   DSP slowest, baseline")
    for point in found.pairs:
        share = "    -" if point.share is None else f"{point.share:5.0%}"
        designs = [
            f"{each.interval:7.0f} {each.resources.dsp:5} {each.slowest:26}"
            for each in (point.early, point.baseline)
        ]
        print(f"{point.budget.dsp:5} {point.gain:6.2f}x {share}  | {' | '.join(designs)}")
    print(
        f"{len(found.pairs)} budgets, {found.distinct} different pairs of designs: "
        f"geometric mean {found.geometric_mean:.2f}x, worst {found.worst.gain:.2f}x at "
        f"{found.worst.budget.dsp} DSP, floor {found.floor:.0f} cycles"
    )


def print_synthesis(model: str, graphs: Mapping[Part, Graph], cycles: int, folder: Path) -> None:
    """Print FINN+'s estimate, Yosys' count and their ratio for every segment."""
    cache = settings().cache_dir
    for segment in compile_segments(graphs.values(), cycles, folder / "segments", cache_dir=cache).values():
        start = time.perf_counter()
        found, wanted = synthesise(segment), estimate(segment)
        if found is None:
            print(f"| {model} {segment.name} | left out: about {wanted.lut} LUT by FINN+'s estimate |")
            continue
        cells = [f"{model} {segment.name}"]
        for name, ratio in found.ratios(wanted).items():
            times = "-" if ratio is None else f"{ratio:.2f}"
            cells.append(f"{getattr(wanted, name)} / {getattr(found.resources, name)} / {times}")
        print(
            f"| {' | '.join(cells)} | {found.flip_flops} | {time.perf_counter() - start:.0f} s |", flush=True
        )


if __name__ == "__main__":
    main()
