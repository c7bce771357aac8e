"""Verifies a composed accelerator on directed frames: every queue full and empty, every port held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from toolkit.compose.accelerator import INPUT, MAP, Accelerator
from toolkit.core.errors import VerificationMismatch
from toolkit.core.topology import Part
from toolkit.export import ExitGraphs
from toolkit.sim import SimRun, Simulator, StallPattern
from toolkit.sim.result import Seen
from toolkit.verify import work
from toolkit.verify.directed.arithmetic import GoldenLinear, Ints, places
from toolkit.verify.directed.coverage import Goal
from toolkit.verify.hardware import require_stream, streams_of
from toolkit.verify.stages import GoldenStage, require_stage, rows, run_parts
from toolkit.verify.structure.rtl import Rtl

FRAMES = 5
"""Least number of frames."""
MOST_FRAMES = 8 * FRAMES
"""Number of frames that fill every queue of a network whose frames are a few words."""


class Whole:
    """The directed frames of an accelerator, and what golden makes of them.

    Args:
        accelerator: exit path or stage.
        graphs: exported graphs.
        layers: golden layers by name.
        seed: seed of the random integers among the frames.
        count: number of frames.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        graphs: ExitGraphs,
        layers: Mapping[str, GoldenLinear],
        seed: int,
        count: int,
    ) -> None:
        self.accelerator = accelerator
        parts = [*map(Part.named, accelerator.segments)]
        self.frames = _frames(accelerator, graphs.segments[parts[0]].input.shape[1:], seed, count)
        made = run_parts(graphs, parts, self.frames)
        feature_map = next(made[part] for part in reversed(parts) if not part.is_head)
        self.golden = GoldenStage(rows(self.frames), made[parts[-1]], rows(feature_map))
        self.wanted: list[Ints] = []
        for index, place in enumerate(places(accelerator, layers)):
            given = accelerator.inputs_of(index, self.wanted, rows(self.frames))
            self.wanted.append(place.output(np.stack(given, axis=1).reshape(count, *place.shape)))

    def run(self, simulator: Simulator, stalls: StallPattern) -> SimRun:
        """Simulate the frames in one process; ``simulator`` is built to observe and to stall inside."""
        return simulator.run(
            {INPUT: self.accelerator.input.to_beats(self.golden.inputs)}, stalls=stalls, jobs=1
        )

    def stalled(self, seed: int) -> StallPattern:
        """Return a pattern that stalls inside too, and resets everything once in the middle of its work."""
        halfway = self.accelerator.cycles * len(self.frames) // 2
        return replace(StallPattern.named("inside", seed), restart=halfway)

    def require(self, run: SimRun) -> int:
        """Compare every stream and the outputs and return the number of compared integers.

        Raises:
            VerificationMismatch: an integer differs; names the first layer, its frame and position.
        """
        compared = 0
        for index, (node, want) in enumerate(zip(self.accelerator.nodes, self.wanted, strict=True)):
            for found in streams_of(self.accelerator, run, index):
                compared += require_stream(node, want, found, 0)
        return compared + require_stage(self.accelerator, self.golden, run.outputs)

    def holds(self) -> list[StallPattern]:
        """Return a pattern for each output that holds it until everything before it is full.

        One at a time: behind a fork, an output that is held keeps words from the other one.
        """
        cycles = _waits(self.accelerator) + (len(self.frames) - 1) * self.accelerator.cycles
        return [StallPattern(hold=cycles, held=(name,)) for name in self.accelerator.outputs]


def fillable(accelerator: Accelerator, count: int) -> bool:
    """Whether there is time to hold an output until ``count`` frames have filled what they can."""
    cycles = _waits(accelerator) + 2 * count * accelerator.cycles
    return work.multipliers(accelerator) * cycles <= work.MOST_MACS


def _waits(accelerator: Accelerator) -> int:
    """Return the cycles that a frame takes from layer to layer."""
    return sum(max(node.cycles, node.input.beats) for node in accelerator.nodes)


def fill(
    accelerator: Accelerator,
    graphs: ExitGraphs,
    layers: Mapping[str, GoldenLinear],
    seed: int,
    simulator: Simulator,
) -> tuple[Whole, list[SimRun]]:
    """Hold each output with so many frames that every queue is full; return the frames and these runs.

    The runs are the last ones if no number of frames does, and none if each would take too long.
    """
    count, runs = FRAMES, list[SimRun]()
    while True:
        whole = Whole(accelerator, graphs, layers, seed, count)
        if not fillable(accelerator, count):
            return whole, runs
        runs = [whole.run(simulator, pattern) for pattern in whole.holds()]
        depths = accelerator.depths
        full = all(
            _peak(runs, id_) >= depth for id_, depth in enumerate(depths) if id_ not in accelerator.between
        )
        if full or count >= MOST_FRAMES:
            return whole, runs
        count *= 2


def require_depths(accelerator: Accelerator, runs: Sequence[SimRun]) -> None:
    """Check that no queue held more words than its depth, and each as many, if there was time to fill it.

    Of a queue between a fork and its adder, which may never be full, the depth is read in the RTL instead.

    Raises:
        VerificationMismatch: a queue held fewer or more words than its depth.
    """
    time = fillable(accelerator, MOST_FRAMES)
    written: dict[int, int] = {}
    if accelerator.between:
        rtl = Rtl(tuple(accelerator.path / source for source in accelerator.sources), accelerator.path)
        written = rtl.depths(accelerator.name)
    for id_, depth in enumerate(accelerator.depths):
        peak, loose = _peak(runs, id_), id_ in accelerator.between
        found = written.get(id_, 0) if loose else peak
        if peak > depth or (found != depth and (loose or time)):
            raise VerificationMismatch(
                f"queue {id_} of {accelerator.name}, behind {_behind(accelerator, id_)}",
                expected=f"{depth} words" if loose else f"{depth} words when everything is full",
                found=found if found != depth else peak,
            )


def goals(accelerator: Accelerator, runs: Sequence[SimRun]) -> tuple[Goal, ...]:
    """Return what runs drove of an accelerator's queues and ports."""
    seen = {id_: Seen(0) for id_ in range(len(accelerator.depths))}
    for run in runs:
        for id_, what in run.fifo_seen.items():
            seen[id_] |= what
    happened = {
        "queues emptied after they held a word": Seen.EMPTIED,
        "queues that a word had to wait for": Seen.WRITER_WAITED,
        "queues waited for in vain": Seen.READER_WAITED,
    }
    full = {id_: _peak(runs, id_) == depth for id_, depth in enumerate(accelerator.depths)}
    waited = {name for run in runs for name in run.waited}
    why = "" if fillable(accelerator, MOST_FRAMES) else "to fill all would take too long"
    return (
        _of_queues("queues full at their depth", accelerator, full, why),
        *(
            _of_queues(what, accelerator, {id_: flag in flags for id_, flags in seen.items()})
            for what, flag in happened.items()
        ),
        Goal.named(
            "ports at which a word had to wait",
            {name: name in waited for name in (INPUT, *accelerator.outputs)},
        ),
    )


def _of_queues(what: str, accelerator: Accelerator, seen: Mapping[int, bool], why: str = "") -> Goal:
    never = [id_ for id_, done in seen.items() if not done and id_ in accelerator.between]
    named = {_behind(accelerator, id_): done for id_, done in seen.items() if id_ not in never}
    goal = Goal.named(what, named, why)
    if not never:
        return goal
    between = f"{len(never)} more lie between a fork and its adder, whose branches wait for each other"
    return goal.model_copy(update={"why": "; ".join(filter(None, (goal.why, between)))})


def _behind(accelerator: Accelerator, id_: int) -> str:
    """Name a queue by the layer that fills it."""
    last, filler = len(accelerator.nodes) - 1, accelerator.fillers[id_]
    if id_ < last:
        return accelerator.nodes[id_].name
    if id_ - last < len(accelerator.joins):
        shortcut = accelerator.nodes[accelerator.joins[id_ - last].shortcut]
        return f"{INPUT if filler is None else accelerator.nodes[filler].name} in front of {shortcut.name}"
    return f"{MAP} of {accelerator.name}"


def _peak(runs: Sequence[SimRun], id_: int) -> int:
    return max(run.fifo_peak.get(id_, 0) for run in runs)


def _frames(accelerator: Accelerator, shape: tuple[int, ...], seed: int, count: int) -> Ints:
    """Return frames (N, C, H, W) of the input's whole range: two equal ones, both extremes, random ones."""
    stream = accelerator.input
    rng = np.random.default_rng([seed, *accelerator.name.encode()])
    made = rng.integers(stream.low, stream.high + 1, (count, *shape))
    made[1] = made[0]
    made[2], made[3] = stream.high, stream.low
    return made
