"""Stages against golden: what trunk k and head k must give, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.compose.accelerator import INPUT, MAP, OUTPUT, Accelerator
from toolkit.core.errors import VerificationMismatch
from toolkit.core.topology import head, trunk
from toolkit.export import ExitGraphs
from toolkit.sim import RtlDesign, Simulator, StallPattern
from toolkit.verify.compare import require_equal
from toolkit.verify.golden import Golden
from toolkit.verify.streams import channels_last

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class GoldenStage:
    """Golden values of one stage, int64 (N, elements), each frame channels-last as its stream carries it.

    Attributes:
        inputs: images, or the feature map of the stage before.
        logits: of its head.
        feature_map: of its trunk; the last stage keeps its own to itself.
    """

    inputs: Ints
    logits: Ints
    feature_map: Ints

    def take(self, frames: NDArray[np.intp] | slice) -> GoldenStage:
        """The same for some of the frames."""
        return GoldenStage(self.inputs[frames], self.logits[frames], self.feature_map[frames])

    def output(self, stream: str) -> Ints:
        """What an output stream of the stage carries."""
        return {OUTPUT: self.logits, MAP: self.feature_map}[stream]


def golden_stages(graphs: ExitGraphs, images: NDArray[np.integer]) -> list[GoldenStage]:
    """Execute the exported segments one after the other.

    Args:
        graphs: of one network.
        images: (N, C, H, W) integers.

    Raises:
        NothingCompared: no images.
    """
    stages, values = [], images.astype(np.int64)
    for k in graphs.topology.indices:
        given = values
        values = Golden(graphs.segments[trunk(k)]).run(given)
        logits = Golden(graphs.segments[head(k)]).run(values)
        stages.append(GoldenStage(_rows(given), logits, _rows(values)))
    return stages


def _rows(values: Ints) -> Ints:
    return channels_last(values).reshape(len(values), -1)


def beats(design: RtlDesign, frames: NDArray[np.integer]) -> dict[str, NDArray[np.integer]]:
    """Frames (N, elements) as the beats of a design's one input stream."""
    (stream,) = design.inputs
    return {INPUT: frames.reshape(len(frames), stream.beats, stream.lanes)}


def verify_stage(
    simulator: Simulator,
    accelerator: Accelerator,
    golden: GoldenStage,
    stalls: StallPattern | None = None,
    jobs: int = 2,
) -> int:
    """Run a stage's RTL and compare every output stream; the number of integers compared.

    Args:
        stalls: every port draws its own stalls from the pattern.

    Raises:
        VerificationMismatch: names the stream, frame, position and both values.
        NothingCompared: no frame.
    """
    run = simulator.run(beats(simulator.design, golden.inputs), stalls=stalls, jobs=jobs, probes=())
    return require_stage(accelerator, golden, run.outputs)


def require_stage(accelerator: Accelerator, golden: GoldenStage, outputs: Mapping[str, Ints]) -> int:
    """Compare the output streams (N, beats, lanes) of a stage; the number of integers compared.

    Raises:
        VerificationMismatch: names the stream, frame, position and both values.
        NothingCompared: no frame.
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
