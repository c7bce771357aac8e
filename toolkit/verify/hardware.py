"""Compares RTL with golden execution: logits of every frame, and every stream between two layers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from toolkit.compile.segment import Node
from toolkit.compose.accelerator import INPUT, OUTPUT, Accelerator
from toolkit.core.errors import NothingCompared, VerificationMismatch
from toolkit.core.progress import Progress, silent
from toolkit.export import Graph
from toolkit.sim.result import SimRun
from toolkit.sim.simulator import Simulator
from toolkit.sim.stalls import StallPattern
from toolkit.verify.compare import first_difference, require_equal
from toolkit.verify.counts import run_located
from toolkit.verify.golden import Golden
from toolkit.verify.streams import expected_streams

Ints = NDArray[np.int64]
LAYER_BATCH = 25  # frames whose streams are held in memory at once


def input_beats(accelerator: Accelerator, images: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return images (N, C, H, W) as beats (N, beats, lanes) of the accelerator's input stream."""
    return accelerator.input.to_beats(images.transpose(0, 2, 3, 1))


def require_logits(golden: Ints, found: Ints, what: str) -> int:
    """Compare logits (N, classes) and return the number of compared integers.

    Raises:
        VerificationMismatch: a logit differs; names frame, class and both values.
        NothingCompared: there are no frames.
    """
    return require_equal(golden, found, f"logits of {what}", ("class",))


def verify_streams(
    simulator: Simulator,
    accelerator: Accelerator,
    graph: Graph,
    weights: Mapping[str, Ints],
    images: NDArray[np.integer],
    stalls: StallPattern | None = None,
    progress: Progress = silent,
) -> int:
    """Compare every stream between two layers, and the logits; returns the number of compared integers.

    Args:
        simulator: simulator built with ``observe=True``.
        accelerator: design of the simulator.
        graph: exported exit path.
        weights: integer weights by layer name, see :func:`toolkit.verify.streamlined.integer_weights`.
        images: integers (N, C, H, W).
        stalls: stall pattern of the run.
        progress: callback for the compared frames.

    Raises:
        VerificationMismatch: a stream differs; names the first layer, its frame, position and both values.
        NothingCompared: there are no frames.
    """
    if not len(images):
        raise NothingCompared(f"streams of {accelerator.name}", expected="at least one frame", found="none")
    golden, compared = Golden(graph), 0
    names = {layer.tensor: layer.name for layer in graph.layers}
    for start in range(0, len(images), LAYER_BATCH):
        part = images[start : start + LAYER_BATCH]
        values = golden.run_layers(part)
        logits = values.pop(graph.output.name)
        quantised = {names[tensor]: value for tensor, value in values.items()}
        beats = input_beats(accelerator, part)
        run = run_located(simulator, accelerator, {INPUT: beats}, stalls)
        expected = expected_streams(accelerator, part.astype(np.int64), quantised, weights, logits)
        for index, want in expected:
            for found in streams_of(accelerator, run, index):
                compared += require_stream(accelerator.nodes[index], want, found, start)
        progress(f"layers of {accelerator.name}", start + len(part), len(images))
    return compared


def streams_of(accelerator: Accelerator, run: SimRun, node: int) -> list[Ints]:
    """Return what a node gave in an observed run, (N, beats, lanes): more than once behind a fork."""
    recorded = [run.probes[queue] for queue in accelerator.queues_behind(node) if queue in run.probes]
    last = node == len(accelerator.nodes) - 1
    return [found.astype(np.int64) for found in (*recorded, *([run.outputs[OUTPUT]] if last else []))]


def require_stream(node: Node, want: Ints, found: Ints, first_frame: int) -> int:
    """Compare the output stream of a layer, (N, beats, lanes), and return the number of compared integers.

    Raises:
        VerificationMismatch: a value differs; names the layer, its frame, position and both values.
        NothingCompared: there are no values.
    """
    what = f"layer {node.layer} ({node.kind} {node.name})"
    difference = first_difference(want, found, what)
    if difference is None:
        return int(want.size)
    beat, lane = difference.index
    element = beat * node.output.lanes + lane
    position: tuple[int, ...] = (element,)
    # A window stream repeats elements, so its index is not a position; nor is that of a part of a frame.
    if node.kind != "window" and want.shape[1] == node.output.beats:
        position = tuple(int(i) for i in np.unravel_index(element, node.output.shape))
    raise VerificationMismatch(
        f"{what} is the first that differs: frame {first_frame + difference.frame}, element {position} "
        f"(beat {beat}, lane {lane})",
        expected=difference.expected,
        found=f"{difference.found} ({difference.count} of {want.size} values differ)",
        fix="All streams before it are equal, so look at this layer.",
    )
