"""Compares the estimates for a board's open tools with synthesis, and fits their coefficients.

    .venv/bin/python benchmarks/calibration.py [MODEL|RUN ...] [--target BOARD] [--cycles N ...] [--random N]
                                               [--seed N] [--near N]

For shipped checkpoints, or for the exported graphs of runs. Every segment is folded for each number of
cycles: the cheapest way with products of multipliers, the cheapest with those of look-up tables, and
``--random`` times with any folding of each layer that takes that many cycles to an N-th of them (``--near``)
and has at most 40 products. Each is synthesised as for a bitstream (5-45 s; then from the cache).

A line shows estimate / netlist of look-up tables, block RAMs and multipliers, and how far the first is off.
The coefficients at the end fit the lines best: non-negative least squares of the ratios, beside those that
ship. They mean something only if there are many more lines than coefficients.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from hw_models import QuantConfig
from toolkit.boards import Board, board
from toolkit.compile import compile_segments
from toolkit.compile.folding.candidates import Candidate, Folding, Unit
from toolkit.compile.segment import Segment
from toolkit.core.env import settings
from toolkit.core.topology import Part
from toolkit.export import ExitGraphs, Graph
from toolkit.export.export import export_graphs
from toolkit.families import family
from toolkit.families.resources import Resources
from toolkit.families.shape import Shape
from toolkit.families.structural import StructuralEstimator
from toolkit.implement import cached
from toolkit.train.checkpoint import shipped

MODELS = ("b_lenet_se", "b_lenet_fcn")
CYCLES = (8000, 26000, 60000)
LARGEST = 40
"""Largest number of products of a layer in a random folding: more take minutes."""
SMALLEST = 100
"""Smallest number of look-up tables to which an error is related: those of a tiny segment do not matter."""


@dataclass(frozen=True)
class Top:
    """A segment as the sources of a design."""

    path: Path
    top: str
    sources: Sequence[str]
    data: Sequence[str]
    digest: str


@dataclass(frozen=True)
class Row:
    """A segment at one folding: its structural terms, its estimated resources and those of its netlist."""

    terms: Mapping[str, float]
    estimated: Resources
    found: Resources

    @property
    def miss(self) -> float:
        """Relative error of the look-up tables."""
        return (self.estimated.lut - self.found.lut) / max(self.found.lut, SMALLEST)


def main() -> None:
    """Print a line per segment and folding, the largest miss, and the coefficients."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("names", nargs="*", metavar="MODEL|RUN", default=MODELS)
    parser.add_argument("--target", default="ulx3s-85f")
    parser.add_argument("--cycles", nargs="*", type=int, default=CYCLES)
    parser.add_argument("--random", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--near", type=float, default=6)
    options = parser.parse_args()
    on = board(options.target, tools="open")
    rows = []
    with tempfile.TemporaryDirectory(prefix="offramp-benchmark-") as folder:
        for name in options.names:
            graphs = graphs_of(name, Path(folder) / "graphs")
            for kind, chosen in foldings(
                graphs, on, options.cycles, options.random, options.seed, options.near
            ):
                for segment, row in measure(graphs, on, chosen, Path(folder)):
                    print(line(f"{Path(name).name} {segment} {kind}", row), flush=True)
                    rows.append(row)
    if not rows:
        raise SystemExit("nothing to synthesise: give --cycles")
    print(f"largest miss {max((row.miss for row in rows), key=abs):+.0%} of {len(rows)} segments")
    for term, value in fit(rows).items():
        print(f"  {term:10} {value:6.2f} (ships: {_estimator(on).luts[term]:g})")


def _estimator(on: Board) -> StructuralEstimator:
    found = on.estimator
    if not isinstance(found, StructuralEstimator):
        raise SystemExit(f"{on.name} has no estimates of a structure")
    return found


def graphs_of(name: str, folder: Path) -> Mapping[Part, Graph]:
    """Return the segments of a run, or of a shipped checkpoint."""
    if (Path(name) / "export").is_dir():
        return ExitGraphs.load(Path(name) / "export").segments
    checkpoint = shipped(name, "mnist", QuantConfig())
    if checkpoint is None:
        raise SystemExit(f"{name} is no run, and no checkpoint of that name ships")
    return export_graphs(checkpoint.build(), folder / name).segments


def foldings(
    graphs: Mapping[Part, Graph], on: Board, cycles: Sequence[int], randoms: int, seed: int, near: float
) -> Iterator[tuple[str, Mapping[Part, Folding]]]:
    """Yield foldings of all segments, with their names."""
    from toolkit.compile import segment_candidates

    segments = {name: segment_candidates(graph, on) for name, graph in graphs.items()}
    for most in cycles:
        for made in ("dsp", "lut"):
            yield (
                f"{most}-{made}",
                {
                    name: folding([cheapest(unit, most, made) for unit in units])
                    for name, units in segments.items()
                },
            )
        for index in range(randoms):
            draw = random.Random(f"{seed} {most} {index}")
            yield (
                f"{most}-random{index}",
                {
                    name: folding([draw.choice(nearby(unit, most, near)) for unit in units])
                    for name, units in segments.items()
                },
            )


def folding(chosen: Sequence[Candidate]) -> Folding:
    """Combine the units' foldings, node by node."""
    return tuple(attributes for option in chosen for attributes in option.attributes)


def cheapest(unit: Unit, cycles: int, made: str) -> Candidate:
    """Return the cheapest folding within ``cycles``, or else the fastest, with products of kind ``made``."""
    options = [one for one in unit.candidates if made_of(one) in (made, None)]
    fast = [one for one in options if one.cycles <= cycles]
    fastest = min(options, key=lambda one: one.cycles)
    return min(fast, key=lambda one: (one.cost, one.cycles), default=fastest)


def made_of(option: Candidate) -> str | int | None:
    """Return the kind of cells that products are made of; None if there are no products."""
    return dict(option.attributes[-1]).get("resType")


def nearby(unit: Unit, cycles: int, near: float) -> list[Candidate]:
    """Return foldings of few products that take about ``cycles``; the cheapest ones if there are none."""
    found = [
        one for one in unit.candidates if cycles / near <= one.cycles <= cycles and products(one) <= LARGEST
    ]
    return found or [cheapest(unit, cycles, "dsp"), cheapest(unit, cycles, "lut")]


def products(option: Candidate) -> int:
    """Return the number of products per cycle, or of lanes."""
    attributes = dict(option.attributes[-1])
    return int(attributes.get("PE", 1)) * int(attributes.get("SIMD", 1))


def measure(
    graphs: Mapping[Part, Graph], on: Board, chosen: Mapping[Part, Folding], folder: Path
) -> Iterator[tuple[Part, Row]]:
    """Estimate and synthesise all segments."""
    cache, estimator = settings().cache_dir, _estimator(on)
    context = cached.BuildContext(on, cache, folder)
    part = family(on.family).finn_part
    segments = compile_segments(graphs.values(), chosen, folder / "segments", part=part, cache_dir=cache)
    for name, segment in segments.items():
        terms: Counter[str] = Counter()
        estimated = Resources()
        for shape in shapes_of(graphs[name], chosen[name]):
            terms.update(estimator.terms(shape))
            estimated = estimated.plus(estimator.of_shape(shape))
        yield name, Row(terms, estimated, synthesised(segment, context))


def shapes_of(graph: Graph, chosen: Folding) -> list[Shape]:
    """Return the shapes of the layers, from which a folding is estimated."""
    from qonnx.custom_op.registry import getCustomOp

    from toolkit.compile.finnplus import finn_session
    from toolkit.compile.legal import HARDWARE
    from toolkit.compile.pipeline import hardware_model
    from toolkit.compile.streamline import streamline

    with finn_session():
        nodes = hardware_model(streamline(graph), graph, chosen).graph.node
        return [Shape.of(getCustomOp(node), HARDWARE[node.op_type]) for node in nodes]


def synthesised(segment: Segment, context: cached.BuildContext) -> Resources:
    """Return the resources of a segment's netlist."""
    design = Top(segment.path, segment.name, segment.sources, segment.data, segment.digest)
    found = context.toolchain.needs(cached.synthesise(design, context).folder)
    return Resources(found["lut"], found["bram"], found["dsp"])


def line(name: str, row: Row) -> str:
    """Format a row of the table."""
    estimated, found = row.estimated, row.found
    return (
        f"{name:40} LUT {estimated.lut:6} / {found.lut:6} {row.miss:+5.0%}"
        f"   block RAM {estimated.bram:3} / {found.bram:3}   multipliers {estimated.dsp:3} / {found.dsp:3}"
    )


def fit(rows: Sequence[Row]) -> dict[str, float]:
    """Fit the coefficients of the terms; all rows have equal weight, whatever the size of the segment."""
    names = sorted({name for row in rows for name, amount in row.terms.items() if amount})
    weight = np.array([1 / max(row.found.lut, SMALLEST) for row in rows])
    amounts = np.array([[row.terms.get(name, 0) for name in names] for row in rows])
    luts = np.array([row.found.lut for row in rows])
    found, _ = nnls(amounts * weight[:, None], luts * weight)
    return dict(zip(names, map(float, found), strict=True))


if __name__ == "__main__":
    main()
