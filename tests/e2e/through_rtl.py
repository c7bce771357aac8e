"""One exit path of a small network through export, compilation, simulation and verification."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from toolkit.compile import Segments, compile_segments
from toolkit.compose import Accelerator, compose_chain
from toolkit.core.errors import FoldingUnreachable
from toolkit.core.topology import path_name
from toolkit.export import ExitGraphs
from toolkit.export.graphs import Graph
from toolkit.families.family import REFERENCE_PART
from toolkit.sim import StallPattern, build
from toolkit.verify.hardware import verify_streams
from toolkit.verify.streamlined import integer_weights, require_streamlined
from toolkit.verify.structure import require_structure


def compiled(graphs: Sequence[Graph], cycles: int, out: Path, part: str = REFERENCE_PART) -> Segments:
    """At the target, or at the best that can be reached."""
    try:
        return compile_segments(graphs, cycles, out, part=part, cache_dir=out.with_name("store"))
    except FoldingUnreachable as error:
        return compiled(graphs, error.best, out, part)


def require_exact(
    graphs: ExitGraphs,
    images: np.ndarray,
    folder: Path,
    simulators: Path,
    *,
    cycles: int = 100,
    depths: Callable[[int], list[int]] = lambda count: [2] * count,
    seed: int = 0,
    k: int = 0,
    part: str = REFERENCE_PART,
) -> Accelerator:
    """Compare constants and every stream of an exit path with golden, with and without stalls at every queue.

    Args:
        graphs: exported network.
        images: integers (N, C, H, W).
        folder: receives segments and accelerator.
        simulators: cache of simulators.
        cycles: target of the folding.
        depths: depths of so many queues.
        seed: seed of the stalls.
        k: exit.
        part: part that FINN+ is given.
    """
    graph, name = graphs.paths[k], path_name(k)
    segments = compiled(list(graphs.segments.values()), cycles, folder / "segments", part)
    chain = segments.path(k)
    draft = compose_chain(name, chain, folder / "draft")
    accelerator = compose_chain(name, chain, folder / name, depths(len(draft.depths)))
    assert require_structure(graphs, [accelerator]).total > 0
    simulator = build(accelerator.design(), cache_dir=simulators, observe=True, stall_inside=True, quick=True)
    assert require_streamlined(graph, chain, images[:2]) == 2 * graph.output.shape[-1]
    for pattern in ("none", "inside"):
        stalls = StallPattern.named(pattern, seed=seed)
        compared = verify_streams(simulator, accelerator, graph, integer_weights(graph), images, stalls)
        assert compared > 0
    return accelerator
