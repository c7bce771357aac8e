"""Verifies a composed accelerator on directed frames: every queue full and empty, every port held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from toolkit.compose.accelerator import INPUT, OUTPUT, Accelerator
from toolkit.core.errors import VerificationMismatch
from toolkit.core.topology import Part
from toolkit.export import ExitGraphs
from toolkit.sim import SimRun, Simulator, StallPattern
from toolkit.sim.result import Seen
from toolkit.verify.directed.arithmetic import GoldenLinear, Ints, places
from toolkit.verify.directed.coverage import QueueCoverage
from toolkit.verify.golden import Golden
from toolkit.verify.hardware import require_stream
from toolkit.verify.stages import GoldenStage, require_stage, rows

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
        count: int = FRAMES,
    ) -> None:
        self.accelerator = accelerator
        *trunks, head = (graphs.segments[Part.named(name)] for name in accelerator.segments)
        self.frames = _frames(accelerator, trunks[0].input.shape[1:], seed, count)
        values = self.frames
        for graph in trunks:
            values = Golden(graph).run(values)
        self.golden = GoldenStage(rows(self.frames), Golden(head).run(values), rows(values))
        self.wanted, current = [], rows(self.frames)
        for place in places(accelerator.nodes, layers):
            current = place.output(current.reshape(len(current), *place.shape))
            self.wanted.append(current)

    def run(self, simulator: Simulator, stalls: StallPattern) -> SimRun:
        """Simulate the frames in one process; ``simulator`` is built to observe and to stall inside."""
        return simulator.run(
            {INPUT: self.accelerator.input.to_beats(self.golden.inputs)}, stalls=stalls, jobs=1
        )

    def require(self, run: SimRun) -> int:
        """Compare every stream and the outputs and return the number of compared integers.

        Raises:
            VerificationMismatch: an integer differs; names the first layer, its frame and position.
        """
        compared = 0
        for index, (node, want) in enumerate(zip(self.accelerator.nodes[:-1], self.wanted, strict=False)):
            compared += require_stream(node, want, run.probes[index].astype(np.int64), 0)
        compared += require_stream(self.accelerator.nodes[-1], self.wanted[-1], run.outputs[OUTPUT], 0)
        return compared + require_stage(self.accelerator, self.golden, run.outputs)

    def holds(self) -> list[StallPattern]:
        """Return a pattern for each output that holds it until everything before it is full.

        One at a time: behind a fork, an output that is held keeps words from the other one.
        """
        every = sum(max(node.cycles, node.input.beats) for node in self.accelerator.nodes)
        cycles = every + (len(self.frames) - 1) * self.accelerator.cycles
        return [StallPattern(hold=cycles, held=(name,)) for name in self.accelerator.outputs]


def filled(accelerator: Accelerator, runs: Sequence[SimRun]) -> bool:
    """Whether every queue held as many words as it has, or more, in one of the runs."""
    return all(_peak(runs, id_) >= depth for id_, depth in enumerate(accelerator.depths))


def queue_coverage(accelerator: Accelerator, runs: Sequence[SimRun]) -> tuple[QueueCoverage, ...]:
    """Return what happened at each queue in the runs that held the outputs.

    Raises:
        VerificationMismatch: a queue held fewer or more words than its depth.
    """
    found = []
    for id_, depth in enumerate(accelerator.depths):
        ahead = accelerator.nodes[id_ if id_ < len(accelerator.nodes) - 1 else accelerator.branch or 0]
        if (peak := _peak(runs, id_)) != depth:
            raise VerificationMismatch(
                f"queue {id_} of {accelerator.name}, behind layer {ahead.layer} ({ahead.kind} {ahead.name})",
                expected=f"{depth} words when everything is full",
                found=peak,
            )
        seen = Seen(0)
        for run in runs:
            seen |= Seen(run.fifo_seen.get(id_, 0))
        found.append(
            QueueCoverage(
                behind=ahead.name,
                depth=depth,
                emptied=Seen.EMPTIED in seen,
                writer_waited=Seen.WRITER_WAITED in seen,
                reader_waited=Seen.READER_WAITED in seen,
            )
        )
    return tuple(found)


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
