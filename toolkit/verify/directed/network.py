"""Verifies a whole network on directed stimulus and says what was driven."""

from __future__ import annotations

from toolkit import rtl
from toolkit.compose import Accelerator, Accelerators
from toolkit.core.errors import VerificationMismatch
from toolkit.core.progress import Progress
from toolkit.export import ExitGraphs
from toolkit.verify.directed.apart import Apart
from toolkit.verify.directed.arithmetic import GoldenLinear, linear_layers
from toolkit.verify.directed.coverage import Coverage, DesignCoverage, LayerCoverage
from toolkit.verify.directed.whole import fill, goals, require_depths
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
        whole, held = fill(accelerator, self.graphs, self.layers, self.seed, simulator)
        inside = whole.run(simulator, whole.stalled(self.seed))
        compared = sum(whole.require(run) for run in (*held, inside))
        require_depths(accelerator, (*held, inside))
        return compared, DesignCoverage(
            name=accelerator.name,
            layers=layers,
            frames=len(whole.frames),
            goals=goals(accelerator, (*held, inside)),
        )


def require_same_files(accelerators: Accelerators) -> None:
    """Check that the stages consist of the very files that were verified in the exit paths.

    Raises:
        VerificationMismatch: a file of a stage differs from the one of an exit path.
    """
    known = {name: path.path / name for path in accelerators.paths for name in (*path.sources, *path.data)}
    known |= {f"blocks/{block.name}": block for block in (rtl.block("fork"),)}
    for stage in accelerators.stages:
        for name in {*stage.sources, *stage.data} - {f"rtl/{stage.name}.sv"}:
            if name not in known or known[name].read_bytes() != (stage.path / name).read_bytes():
                raise VerificationMismatch(
                    f"{name} of {stage.name}", expected="the file of an exit path", found="another"
                )
