"""Verifies a whole network on directed stimulus and says what was driven."""

from __future__ import annotations

from toolkit.compose import Accelerator, Accelerators
from toolkit.core.progress import Progress
from toolkit.export import ExitGraphs
from toolkit.sim import StallPattern
from toolkit.verify.directed.apart import PATTERNS, Apart
from toolkit.verify.directed.arithmetic import Linear, linear_layers
from toolkit.verify.directed.coverage import Coverage, DesignCoverage, LayerCoverage
from toolkit.verify.directed.whole import Whole, holds, queue_coverage
from toolkit.verify.simulation import simulator_for


class DirectedCheck:
    """Directed verification of a network's accelerators.

    Args:
        graphs: exported graphs.
        accelerators: exit paths and stages.
        seed: seed of stalls and of the random integers among the frames.
        progress: callback for the accelerators.
    """

    def __init__(
        self, graphs: ExitGraphs, accelerators: Accelerators, seed: int, progress: Progress
    ) -> None:
        self.graphs, self.accelerators = graphs, accelerators
        self.seed, self.progress = seed, progress
        self.layers: dict[str, Linear] = linear_layers(graphs)

    def verify(self) -> Coverage:
        """Drive every layer of the exit paths alone, and every exit path and stage as a whole.

        The layers of a stage are those of the paths (:func:`require_same_files`).

        Raises:
            VerificationMismatch: naming the first layer, queue or stream that differs from golden.
        """
        compared, designs = 0, []
        every = (*self.accelerators.paths, *self.accelerators.stages)
        for index, accelerator in enumerate(every):
            self.progress(f"directed {accelerator.name}", index, len(every))
            found, layers = self._apart(accelerator) if index < len(self.accelerators.paths) else (0, ())
            more, design = self._whole(accelerator, layers)
            compared, designs = compared + found + more, [*designs, design]
        return Coverage(designs=tuple(designs), compared=compared)

    def _apart(self, accelerator: Accelerator) -> tuple[int, tuple[LayerCoverage, ...]]:
        apart = Apart(accelerator, self.layers, self.seed)
        simulator = simulator_for(accelerator, 0, cut=True, quick=True)
        runs = [apart.run(simulator, StallPattern.named(name, self.seed)) for name in PATTERNS]
        compared = [apart.require(run, paced=name == "none") for name, run in zip(PATTERNS, runs, strict=True)]
        return sum(compared), apart.coverage(runs[0])

    def _whole(
        self, accelerator: Accelerator, layers: tuple[LayerCoverage, ...]
    ) -> tuple[int, DesignCoverage]:
        whole = Whole(accelerator, self.graphs, self.layers, self.seed)
        simulator = simulator_for(accelerator, 0, observe=True, stall_inside=True, quick=True)
        held = [whole.run(simulator, pattern) for pattern in holds(accelerator)]
        inside = whole.run(simulator, StallPattern.named("inside", self.seed))
        compared = sum(whole.require(run) for run in (*held, inside))
        return compared, DesignCoverage(
            name=accelerator.name,
            layers=layers,
            queues=queue_coverage(accelerator, held),
            frames=len(whole.frames),
            ports=tuple(sorted({name for run in (*held, inside) for name in run.waited})),
        )
