"""Compares stages with golden execution, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.compose.accelerator import INPUT, MAP, OUTPUT, Accelerator
from toolkit.core.errors import VerificationMismatch
from toolkit.core.topology import Part, head, trunk
from toolkit.export import ExitGraphs
from toolkit.sim import RtlDesign, Simulator, StallPattern
from toolkit.verify.compare import require_equal
from toolkit.verify.counts import located, run_located
from toolkit.verify.golden import Golden
from toolkit.verify.streams import channels_last

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class GoldenStage:
    """The golden values of one stage, int64 (N, elements), channels-last as in the streams.

    Attributes:
        inputs: images, or feature maps of the previous stage.
        logits: outputs of the head.
        feature_map: outputs of the trunk; the last stage has no stream for them.
    """

    inputs: Ints
    logits: Ints
    feature_map: Ints

    def take(self, frames: NDArray[np.intp] | slice) -> GoldenStage:
        """Return the golden values of some of the frames."""
        return GoldenStage(self.inputs[frames], self.logits[frames], self.feature_map[frames])

    def output(self, stream: str) -> Ints:
        """Return the golden values of an output stream."""
        return {OUTPUT: self.logits, MAP: self.feature_map}[stream]


def golden_stages(graphs: ExitGraphs, images: NDArray[np.integer]) -> list[GoldenStage]:
    """Execute the exported segments one after the other and return the golden values of every stage.

    Args:
        graphs: exported graphs of a network.
        images: integers (N, C, H, W).

    Raises:
        NothingCompared: there are no images.
    """
    stages, given, topology = [], images.astype(np.int64), graphs.topology
    for k in topology.indices:
        values = run_parts(graphs, topology.stage(k), given)
        logits, feature_map = values[topology.end(head(k))], values[topology.end(trunk(k))]
        stages.append(GoldenStage(rows(given), logits, rows(feature_map)))
        given = feature_map
    return stages


def run_parts(graphs: ExitGraphs, parts: Sequence[Part], given: Ints) -> dict[Part, Ints]:
    """Execute the exported segments of consecutive parts and return the output of each.

    Args:
        graphs: exported graphs of a network.
        parts: parts in order.
        given: input of those that read nothing of the others, integers (N, C, H, W) or (N, F).
    """
    topology, values = graphs.topology, dict[Part, Ints]()
    for part in parts:
        values[part] = Golden(graphs.segments[part]).run(np.sum(topology.read(part, values, given), axis=0))
    return values


def rows(values: Ints) -> Ints:
    """Return values (N, C, H, W) or (N, F) as the streams carry them, (N, elements), channels last."""
    return channels_last(values).reshape(len(values), -1)


def beats(design: RtlDesign, frames: NDArray[np.integer]) -> dict[str, NDArray[np.integer]]:
    """Return frames (N, elements) as beats of a design's only input stream."""
    (stream,) = design.inputs
    return {INPUT: stream.to_beats(frames)}


def verify_stage(
    simulator: Simulator,
    accelerator: Accelerator,
    golden: GoldenStage,
    stalls: StallPattern | None = None,
    jobs: int = 2,
) -> int:
    """Simulate a stage, compare every output stream and return the number of compared integers.

    Args:
        simulator: simulator of the stage.
        accelerator: the stage.
        golden: golden values.
        stalls: stall pattern; None: no stalls.
        jobs: number of simulation processes.

    Raises:
        VerificationMismatch: a value differs; names the stream, frame, position and both values.
        NothingCompared: there are no frames.
    """
    inputs = beats(simulator.design, golden.inputs)
    run = run_located(simulator, accelerator, inputs, stalls, jobs=jobs, probes=())
    with located(simulator, accelerator, inputs, stalls, jobs):
        return require_stage(accelerator, golden, run.outputs)


def require_stage(accelerator: Accelerator, golden: GoldenStage, outputs: Mapping[str, Ints]) -> int:
    """Compare the output streams (N, beats, lanes) of a stage and return the number of compared integers.

    Raises:
        VerificationMismatch: a value differs; names the stream, frame, position and both values.
        NothingCompared: there are no frames.
    """
    if set(outputs) != set(accelerator.outputs):
        raise VerificationMismatch(
            f"streams of {accelerator.name}", expected=sorted(accelerator.outputs), found=sorted(outputs)
        )
    compared = 0
    for name, found in outputs.items():
        what = f"{'logits' if name == OUTPUT else 'feature map'} of {accelerator.name} ({name})"
        compared += require_equal(golden.output(name), found.reshape(len(found), -1), what, ("element",))
    return compared
