"""Compiles, composes and simulates the two designs of the reference budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.compile import compile_segments
from toolkit.compile.folding.search import Choice
from toolkit.compose import Accelerator, compose_chain
from toolkit.compose.accelerator import MAP, OUTPUT
from toolkit.compose.sizing import uniform_interval
from toolkit.core.progress import Progress, silent
from toolkit.core.topology import Part, stage_name
from toolkit.core.usage import Usage
from toolkit.explore.budgets import Sweep
from toolkit.explore.comparison import Reference, Simulated
from toolkit.export import ExitGraphs
from toolkit.sim import SimRun
from toolkit.verify.stages import GoldenStage, beats, golden_stages, require_stage

REFERENCE = 165
"""Multipliers of the budget whose designs are built and simulated."""


def simulate_reference(
    graphs: ExitGraphs,
    sweep: Sweep,
    images: NDArray[np.integer],
    folder: Path,
    progress: Progress = silent,
) -> Reference:
    """Build both designs of the reference budget and measure their pace and latency in simulation.

    Args:
        graphs: graphs of the network.
        sweep: sweep of the same network, with the reference budget among its budgets.
        images: integers (N, C, H, W), at least 5 images: the pace is taken from the last ones.
        folder: output folder; each design gets a folder in it.
        progress: receiver of progress.

    Raises:
        BadOption: the sweep has no such budget.
        VerificationMismatch: an answer of a design differs from golden.
    """
    pair, topology = sweep.at(REFERENCE), graphs.topology
    golden = golden_stages(graphs, images)
    bench = _Bench(graphs, folder)
    stages = []
    for k in topology.indices:
        progress(f"simulate {stage_name(k)} at the reference budget", k, topology.exits + 1)
        branch = k < topology.last
        stages.append(bench.run(stage_name(k), topology.stage(k), pair.early, golden[k], branch=branch))
    progress("simulate baseline at the reference budget", topology.exits, topology.exits + 1)
    whole = GoldenStage(golden[0].inputs, golden[-1].logits, golden[-1].feature_map)
    baseline = bench.run("baseline", topology.static, pair.baseline, whole, branch=False)
    interval = max(share * one.interval_cycles for share, one in zip(sweep.reach, stages, strict=True))
    return Reference(
        dsp=REFERENCE,
        gain=baseline.interval_cycles / interval,
        estimated_gain=pair.gain,
        share=pair.share,
        interval_cycles=interval,
        stages=tuple(stages),
        baseline=baseline,
    )


@dataclass(frozen=True)
class _Bench:
    """Builds accelerators from the parts of a network and measures them."""

    graphs: ExitGraphs
    folder: Path

    def run(
        self, name: str, parts: Sequence[Part], choice: Choice, golden: GoldenStage, *, branch: bool
    ) -> Simulated:
        """Compile, compose, simulate and compare with golden; ``branch``: with an output for feature maps."""
        accelerator = self._compose(name, parts, choice, branch=branch)
        (stream,) = beats(accelerator.design(), golden.inputs).values()
        run = uniform_interval(accelerator, stream)
        return Simulated(
            name=name,
            interval_cycles=int(run.intervals[-2:].max()),
            latency_cycles=_first(run, OUTPUT),
            map_cycles=_first(run, MAP) if branch else None,
            estimated_cycles=accelerator.cycles,
            resources=Usage.total([accelerator.resources]),
            compared=require_stage(accelerator, golden, run.outputs),
        )

    def _compose(self, name: str, parts: Sequence[Part], choice: Choice, *, branch: bool) -> Accelerator:
        graphs, out = [self.graphs.segments[part] for part in sorted(parts)], self.folder / name
        compiled = compile_segments(graphs, choice.foldings, out / "segments")
        segments = [compiled[part] for part in parts]
        if not branch:
            return compose_chain(name, segments, out / name)
        trunk, head = segments
        return compose_chain(name, (trunk, head), out / name, branch=True)


def _first(run: SimRun, stream: str) -> int:
    """Return the cycles from the first frame's first beat in to its last beat on an output stream."""
    return int(run.stamps[stream].last[0] - run.first_in[0])
