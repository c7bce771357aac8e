"""Mutants of a run's accelerators, made on request; no step of the flow."""

from __future__ import annotations

from pathlib import Path

from toolkit.compose import Accelerators
from toolkit.core.progress import Progress
from toolkit.export import ExitGraphs
from toolkit.flow.rundir import RunDirectory
from toolkit.verify.mutants import Mutants, MutationRun


def make_mutants(run: Path, count: int, seed: int, progress: Progress) -> Mutants:
    """Put random faults into copies of a run's exit paths and verify each; the run itself is not changed.

    Args:
        run: run directory with composed accelerators.
        count: number of faults.
        seed: seed of their choice.
        progress: callback for the mutants.

    Raises:
        ArtifactError: the run directory holds no run, or its results are missing or damaged.
        ToolMissing, ToolFailed: a tool is missing, or refuses a design.
    """
    directory = RunDirectory(run)
    graphs = ExitGraphs.load(directory.result("export"))
    accelerators = Accelerators.load(directory.result("compose"))
    return MutationRun(graphs, accelerators, seed, progress).run(count)
