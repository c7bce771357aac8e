"""Compiles, composes and simulates the two designs of the reference budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.cascade import StagePace
from toolkit.compile import compile_segments
from toolkit.compile.folding.search import Choice
from toolkit.compose import Accelerator, compose_chain
from toolkit.compose.sizing import FRAMES, size_uniformly
from toolkit.core.progress import Progress, silent
from toolkit.core.topology import Part, stage_name
from toolkit.core.usage import Usage
from toolkit.exits import ExitPolicy
from toolkit.explore.budgets import Sweep
from toolkit.explore.comparison import MapBuffer, Reference, Simulated
from toolkit.explore.pair import SimulatedStage, simulate_together
from toolkit.export import ExitGraphs
from toolkit.verify.stages import GoldenStage, beats, golden_stages

REFERENCE = 165
"""Multipliers of the budget whose designs are built and simulated."""
MOST_FRAMES = 1000
"""Largest number of test frames that they classify in simulation; the run may have more."""


def simulate_reference(
    graphs: ExitGraphs,
    sweep: Sweep,
    policy: ExitPolicy,
    images: NDArray[np.integer],
    buffer: MapBuffer,
    folder: Path,
    progress: Progress = silent,
) -> Reference:
    """Build the designs of the reference budget; simulate the pace of each, and all stages together.

    Args:
        graphs: graphs of the network.
        sweep: sweep of the same network, with the reference budget among its budgets.
        policy: exit policy by which frames leave.
        images: integers (N, C, H, W), in the order of the test split.
        buffer: buffer for feature maps in front of each later stage.
        folder: output folder; each design gets a folder in it.
        progress: receiver of progress.

    Raises:
        BadOption: the sweep has no such budget.
        FoldingUnreachable: no design fits it, or keeps the bound on latency.
        VerificationMismatch: an answer of a design differs from golden.
        SimulationError: the stages together do not behave as the event-driven model says.
    """
    pair, topology = sweep.at(REFERENCE), graphs.topology
    golden = golden_stages(graphs, images)
    exits = policy.answer([stage.logits for stage in golden]).exits
    whole = GoldenStage(golden[0].inputs, golden[-1].logits, golden[-1].feature_map)
    bench, names = _Bench(graphs, folder), [*map(stage_name, topology.indices), "baseline", "first exit"]
    told = iter(range(len(names)))

    def built(parts: Sequence[Part], choice: Choice, inputs: GoldenStage, *, branch: bool = False) -> _Built:
        step = next(told)
        progress(f"simulate {names[step]} at the reference budget", step, len(names) + 2)
        return bench.build(names[step], parts, choice, inputs, branch=branch)

    stages = [
        built(topology.stage(k), pair.early, golden[k], branch=k < topology.last) for k in topology.indices
    ]
    baseline = built(topology.static, pair.baseline, whole)
    first = built(topology.stage(0), sweep.first(REFERENCE), golden[0])
    progress("simulate all stages together at the reference budget", len(names), len(names) + 2)
    leaves = [partial(policy.leaves, k) for k in range(topology.last)]
    interval = max(share * one.pace.interval for share, one in zip(sweep.reach, stages, strict=True))
    together = simulate_together([one.stage for one in stages], golden, exits, leaves, interval, buffer.slots)
    progress("simulate baseline at the reference budget", len(names) + 1, len(names) + 2)
    static = simulate_together([baseline.stage], [whole], np.zeros_like(exits), [], baseline.pace.interval)
    return Reference(
        dsp=REFERENCE,
        gain=baseline.pace.interval / interval,
        estimated_gain=pair.gain,
        share=pair.share,
        interval_cycles=interval,
        stages=tuple(one.simulated() for one in stages),
        baseline=baseline.simulated(),
        first=first.simulated(),
        together=together,
        together_baseline=static,
    )


@dataclass(frozen=True)
class _Built:
    """A design that was built, and can be simulated."""

    name: str
    stage: SimulatedStage

    @property
    def pace(self) -> StagePace:
        return self.stage.pace

    def simulated(self) -> Simulated:
        """Return its figures."""
        accelerator = self.stage.accelerator
        return Simulated(
            name=self.name,
            interval_cycles=self.pace.interval,
            latency_cycles=self.pace.logits,
            map_cycles=self.pace.feature_map,
            estimated_cycles=accelerator.cycles,
            resources=Usage.total([accelerator.resources]),
        )


@dataclass(frozen=True)
class _Bench:
    """Builds accelerators from the parts of a network."""

    graphs: ExitGraphs
    folder: Path

    def build(
        self, name: str, parts: Sequence[Part], choice: Choice, golden: GoldenStage, *, branch: bool
    ) -> _Built:
        """Compile, compose and size the queues; ``branch``: with an output for feature maps."""
        accelerator = self._compose(name.replace(" ", "_"), parts, choice, branch=branch)
        # Sizing measures a pace, for which the values do not matter; it needs more frames than there may be.
        frames = np.resize(golden.inputs, (FRAMES, golden.inputs.shape[1]))
        (stream,) = beats(accelerator.design(), frames).values()
        return _Built(name, SimulatedStage(accelerator, size_uniformly(accelerator, stream)))

    def _compose(self, name: str, parts: Sequence[Part], choice: Choice, *, branch: bool) -> Accelerator:
        graphs, out = [self.graphs.segments[part] for part in sorted(parts)], self.folder / name
        compiled = compile_segments(graphs, choice.foldings, out / "segments")
        return compose_chain(name, [compiled[part] for part in parts], out / name, branch=branch)
