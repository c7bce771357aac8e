"""Verifies a whole network: PyTorch, QONNX, streamlined models and RTL, integer by integer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.compile import Segments
from toolkit.compose import Accelerator
from toolkit.compose.accelerator import INPUT
from toolkit.core.env import settings
from toolkit.core.progress import Progress
from toolkit.export import ExitGraphs
from toolkit.sim import StallPattern
from toolkit.verify.counts import located
from toolkit.verify.golden import Golden
from toolkit.verify.hardware import input_beats, require_logits, verify_streams
from toolkit.verify.result import Constants, GoldenLogits, Verification
from toolkit.verify.simulation import PathRun, simulator_for
from toolkit.verify.software import Software
from toolkit.verify.stages import GoldenStage, rows
from toolkit.verify.stalls import FRAMES, PATTERNS, stall_frames, verify_under_stalls
from toolkit.verify.streamlined import integer_weights, require_streamlined

STREAMLINED_FRAMES = 8
LAYER_FRAMES = 25


def golden_logits(graphs: ExitGraphs, images: NDArray[np.uint8], progress: Progress) -> GoldenLogits:
    """Execute the exported graph of every exit path on uint8 images (N, C, H, W)."""
    found = []
    for graph in graphs.paths:
        progress(f"golden {graph.name}", 0, len(images))
        found.append(Golden(graph).run(images))
    return GoldenLogits(logits=np.stack(found))


@dataclass(frozen=True)
class NetworkCheck:
    """The comparisons of one network; every method raises at the first integer that differs.

    Attributes:
        graphs: exported graphs.
        golden: golden logits of the images.
        images: images, uint8 (N, C, H, W).
        seed: seed of the stall patterns.
        progress: callback for the comparisons.
    """

    graphs: ExitGraphs
    golden: GoldenLogits
    images: NDArray[np.uint8]
    seed: int
    progress: Progress

    def verify(
        self,
        reference: Software,
        segments: Segments,
        accelerators: Sequence[Accelerator],
        runs: Sequence[PathRun],
        constants: Constants,
        *,
        layers: bool,
    ) -> Verification:
        """Make every comparison on every exit path.

        Args:
            reference: software that the graphs were exported from.
            segments: compiled segments.
            accelerators: accelerators of the exit paths.
            runs: simulated run of each accelerator on the images.
            constants: constants of the RTL that were compared before, see :mod:`toolkit.verify.structure`.
            layers: whether to compare the streams between layers as well.

        Raises:
            VerificationMismatch: a value differs; names the comparison, frame, position and both values.
            NothingCompared: there are no images.
        """
        compared, differing = self.software(reference)
        streams = 0
        for k, (accelerator, run) in enumerate(zip(accelerators, runs, strict=True)):
            compared += require_streamlined(
                self.graphs.paths[k], segments.path(k), self.images[:STREAMLINED_FRAMES]
            )
            rtl = run.logits.astype(np.int64)
            inputs = {INPUT: input_beats(accelerator, self.images)}
            simulator = simulator_for(accelerator, len(self.images))
            with located(simulator, accelerator, inputs, None, settings().jobs):
                compared += require_logits(self.golden.logits[k], rtl, f"RTL {accelerator.name}")
            compared += self.stalled(k, accelerator)
            if layers:
                found = self.layers(k, accelerator)
                compared, streams = compared + found[0], streams + found[1]
        return Verification(
            frames=len(self.images),
            layers=streams,
            compared=compared + constants.total,
            mismatches=0,
            stall_patterns=("none", *PATTERNS, *(["inside"] if layers else [])),
            stall_frames=stall_frames(accelerators, len(self.images)),
            pytorch_differing_frames=differing,
            constants=constants,
        )

    def software(self, reference: Software) -> tuple[int, int]:
        """Compare with the software that was exported; return compared integers and frames that differ.

        No frame may differ where all arithmetic is exact, as with power-of-two scales; otherwise those that
        do are counted.

        Raises:
            VerificationMismatch: also if every frame differs, which rounding does not explain.
        """
        graphs, compared, differing = self.graphs.paths, 0, 0
        found = reference.logits(graphs, self.images, self.progress)
        for graph, golden, logits in zip(graphs, self.golden.logits, found, strict=True):
            frames = int((golden != logits).any(axis=1).sum())
            if reference.exact(graph) or frames == len(golden):
                compared += require_logits(golden, logits, f"{reference.name} at {graph.name}")
            else:
                differing += frames
        return compared, differing

    def stalled(self, k: int, accelerator: Accelerator) -> int:
        """Compare logits under every stall pattern and return the number of compared integers."""
        images = rows(self.images[:FRAMES].astype(np.int64))
        golden = GoldenStage(images, self.golden.logits[k][:FRAMES], images[:, :0])
        simulators = [simulator_for(accelerator, len(self.images))]
        return verify_under_stalls(
            simulators, [accelerator], [golden], seed=self.seed, progress=self.progress
        )

    def layers(self, k: int, accelerator: Accelerator) -> tuple[int, int]:
        """Compare every stream between two layers, with and without stalls at every queue.

        Returns:
            Numbers of compared integers and of streams.
        """
        graph, images = self.graphs.paths[k], self.images[:LAYER_FRAMES]
        simulator = simulator_for(accelerator, len(images), observe=True, stall_inside=True, quick=True)
        compared = [
            verify_streams(
                simulator,
                accelerator,
                graph,
                integer_weights(graph),
                images,
                StallPattern.named(pattern, seed=self.seed),
                self.progress,
            )
            for pattern in ("none", "inside")
        ]
        return sum(compared), len(accelerator.nodes)
