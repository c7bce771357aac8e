"""Verifies a whole network on directed stimulus and says what was driven."""

from __future__ import annotations

from toolkit.compose import Accelerator, Accelerators
from toolkit.core.errors import VerificationMismatch
from toolkit.core.progress import Progress
from toolkit.export import ExitGraphs
from toolkit.sim import StallPattern
from toolkit.verify.directed.apart import Apart
from toolkit.verify.directed.arithmetic import GoldenLinear, linear_layers
from toolkit.verify.directed.coverage import Coverage, DesignCoverage, LayerCoverage
from toolkit.verify.directed.whole import FRAMES, MOST_FRAMES, Whole, filled, queue_coverage
from toolkit.verify.simulation import simulator_for


class DirectedCheck:
    """Directed verification of a network's accelerators.

    Args:
        graphs: exported graphs.
        accelerators: exit paths and stages.
        seed: seed of stalls and of the random integers among the frames.
        progress: callback for the accelerators.
    """

    def __init__(self, graphs: ExitGraphs, accelerators: Accelerators, seed: int, progress: Progress) -> None:
        self.graphs, self.accelerators = graphs, accelerators
        self.seed, self.progress = seed, progress
        self.layers: dict[str, GoldenLinear] = linear_layers(graphs)

    def verify(self) -> Coverage:
        """Drive every layer of the exit paths alone, and every exit path and stage as a whole.

        The layers of a stage are those of the paths (:func:`require_same_files`).

        Raises:
            VerificationMismatch: naming the first layer, queue or stream that differs from golden.
        """
        require_same_files(self.accelerators)
        compared, designs = 0, list[DesignCoverage]()
        every = (*self.accelerators.paths, *self.accelerators.stages)
        for index, accelerator in enumerate(every):
            self.progress(f"directed {accelerator.name}", index, len(every))
            found, layers = self._apart(accelerator) if index < len(self.accelerators.paths) else (0, ())
            more, design = self._whole(accelerator, layers)
            compared += found + more
            designs.append(design)
        return Coverage(designs=tuple(designs), compared=compared)

    def _apart(self, accelerator: Accelerator) -> tuple[int, tuple[LayerCoverage, ...]]:
        apart = Apart(accelerator, self.layers, self.seed)
        simulator = simulator_for(accelerator, 0, cut=True, quick=True)
        compared, run = apart.check(simulator)
        return compared, apart.coverage(run)

    def _whole(
        self, accelerator: Accelerator, layers: tuple[LayerCoverage, ...]
    ) -> tuple[int, DesignCoverage]:
        simulator = simulator_for(accelerator, 0, observe=True, stall_inside=True, quick=True)
        count = FRAMES
        while True:
            whole = Whole(accelerator, self.graphs, self.layers, self.seed, count)
            held = [whole.run(simulator, pattern) for pattern in whole.holds()]
            if filled(accelerator, held) or count >= MOST_FRAMES:
                break
            count *= 2
        inside = whole.run(simulator, StallPattern.named("inside", self.seed))
        compared = sum(whole.require(run) for run in (*held, inside))
        return compared, DesignCoverage(
            name=accelerator.name,
            layers=layers,
            queues=queue_coverage(accelerator, held),
            frames=len(whole.frames),
            ports=tuple(sorted({name for run in (*held, inside) for name in run.waited})),
            streams=1 + len(accelerator.outputs),
        )


def require_same_files(accelerators: Accelerators) -> None:
    """Check that the stages consist of the very files that were verified in the exit paths.

    Raises:
        VerificationMismatch: a file of a stage differs from the one of an exit path.
    """
    files = {name: path.path / name for path in accelerators.paths for name in (*path.sources, *path.data)}
    for stage in accelerators.stages:
        for name in (*stage.sources, *stage.data):
            if name in files and files[name].read_bytes() != (stage.path / name).read_bytes():
                raise VerificationMismatch(
                    f"{name} of {stage.name}", expected=f"the same as {files[name]}", found="another"
                )
