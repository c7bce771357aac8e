"""Verifies every layer of an accelerator alone, in its place, on directed stimulus."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from toolkit.compile.segment import Node
from toolkit.compose.accelerator import INPUT, OUTPUT, Accelerator
from toolkit.core.errors import VerificationMismatch
from toolkit.sim import Simulator, StallPattern
from toolkit.sim.cut import Cut, CutRun, run_cut
from toolkit.verify.directed.arithmetic import GoldenLinear, Ints, places
from toolkit.verify.directed.coverage import LayerCoverage, goals
from toolkit.verify.directed.stimulus import frames
from toolkit.verify.hardware import require_stream

PATTERNS = (
    StallPattern(),
    StallPattern.named("inside"),
    StallPattern(input_idle=0.3, output_stall=0.3, inside=0.3, burst=50),
    StallPattern(input_idle=0.5, output_stall=0.5, inside=0.5, burst=5000),
)
"""Stalls under which the layers run. The last stop even layers with a word only every few hundred cycles.

In all but the first, everything begins anew after a reset of one cycle, while every layer is at work.
"""
RESETS = 12
"""Runs of a few frames without stalls, in which a reset of one cycle comes while layers are at work."""
FEW = 4
"""Frames of each layer in these."""
PATIENCE = 8
"""Times the cycles that the layers should take for their frames, after which a run is given up."""
LONGEST_CYCLES = 1_000_000
"""The same for few frames under long stalls."""


class Apart:
    """The directed frames of an accelerator's layers, and what golden makes of them.

    Args:
        accelerator: exit path; a stage consists of the same layers.
        layers: golden layers by name.
        seed: seed of the random integers among the frames.
    """

    def __init__(self, accelerator: Accelerator, layers: Mapping[str, GoldenLinear], seed: int) -> None:
        self.accelerator, self.seed = accelerator, seed
        self.places = places(accelerator, layers)
        self.given = [frames(place, seed) for place in self.places]
        self.wanted = [place.output(given) for place, given in zip(self.places, self.given, strict=True)]

    def check(self, simulator: Simulator, arguments: tuple[str, ...] = ()) -> tuple[int, CutRun]:
        """Run under every pattern; returns the number of compared integers and the run without stalls.

        Raises:
            VerificationMismatch: see :meth:`require`.
        """
        compared, first = 0, None
        for stalls in PATTERNS:
            run = self.run(simulator, replace(stalls, seed=self.seed), arguments)
            compared += self.require(run, paced=stalls == StallPattern())
            first = first or run
        assert first is not None
        late = self.run(simulator, StallPattern(seed=self.seed), arguments, late=True)
        compared += self.require(late, paced=True)
        for cycle in self._resets():
            stalls = StallPattern(seed=self.seed, restart=cycle)
            # The same frames again, so they count for nothing more.
            self.require(self.run(simulator, stalls, arguments, few=FEW), paced=False, few=FEW)
        return compared, first

    def _resets(self) -> Ints:
        """Return cycles, some early for fast layers, some late for slow ones."""
        longest = max(self._cycles(FEW))
        return np.unique(np.geomspace(FEW, longest, RESETS).astype(np.int64))

    def run(
        self,
        simulator: Simulator,
        stalls: StallPattern,
        arguments: tuple[str, ...] = (),
        *,
        late: bool = False,
        few: int | None = None,
    ) -> CutRun:
        """Simulate all layers, each on its own frames; ``simulator`` is built with ``cut``.

        Args:
            late: whether words of products are taken in the last cycle that holds up none behind them.
            few: frames of each layer; None: all.
        """
        given = [each[:few] for each in self.given]
        beats = [place.beats(each) for place, each in zip(self.places, given, strict=True)]
        nodes = self.accelerator.nodes
        if stalls.inside:
            stalls = replace(stalls, restart=min(self._cycles()) // 2)
        cuts = {
            queue: Cut(
                self.accelerator.queues[queue],
                len(given[self.accelerator.fillers[queue] or 0]),
                node.input,
                beats[index][end],
                late * _slack(nodes[self.accelerator.fillers[queue] or 0]),
            )
            for index, node in enumerate(nodes)
            for end, queue in enumerate(self.accelerator.queues_before(index))
        }
        return run_cut(
            simulator,
            {INPUT: beats[0][0]},
            cuts,
            {OUTPUT: len(given[-1])},
            stalls,
            arguments,
            PATIENCE * max(self._cycles()) + LONGEST_CYCLES,
        )

    def _cycles(self, few: int | None = None) -> list[int]:
        """Return the cycles that each layer should take for its frames, or for ``few`` of them."""
        return [
            max(node.cycles, node.input.beats, node.output.beats) * len(given[:few])
            for node, given in zip(self.accelerator.nodes, self.given, strict=True)
        ]

    def require(self, run: CutRun, *, paced: bool, few: int | None = None) -> int:
        """Check what came out of every layer and return the number of compared integers.

        Args:
            run: run of :meth:`run`.
            paced: whether every layer must keep its pace, since nothing held it up.
            few: frames of each layer; None: all.

        Raises:
            VerificationMismatch: naming the first layer with other integers, words too many or too few, a
                withdrawn word, or more cycles per frame than it was compiled for.
        """
        _require_held(self.accelerator, run)
        compared = 0
        for index, (node, whole) in enumerate(zip(self.accelerator.nodes, self.wanted, strict=True)):
            want = whole[:few]
            for key in self.accelerator.queues_behind(index) or (OUTPUT,):
                found = run.words(key).astype(np.int64)
                came = run.beats.get(key, 0)
                if came and came < len(want) * node.output.beats:  # values first: they say more
                    compared += require_stream(node, _head(want, came), _head(found, came), 0)
                _require_count(node, want, came)
                compared += require_stream(node, want, found, 0)
                if paced and not isinstance(key, str):
                    _require_pace(node, run.marks[key])
        if run.ended != "ok":
            raise VerificationMismatch(
                f"layers of {self.accelerator.name} driven alone",
                expected="an end of the simulation",
                found=f"{run.ended}: {run.printed}",
            )
        return compared

    def coverage(self, run: CutRun) -> tuple[LayerCoverage, ...]:
        """Return what the frames drive, with the pace of a run without stalls."""
        return tuple(
            LayerCoverage(
                node=place.node.name,
                kind=place.node.kind,
                layer=place.node.layer,
                frames=len(given),
                pace=_pace(run.marks[i]) if i < len(self.places) - 1 else None,
                goals=goals(place, given),
            )
            for i, (place, given) in enumerate(zip(self.places, self.given, strict=True))
        )


def _head(values: Ints, beats: int) -> Ints:
    return values.reshape(1, -1, values.shape[2])[:, :beats]


def _slack(node: Node) -> int:
    """Return how many cycles a word can wait without holding up the next, where it has a place to wait."""
    return node.cycles // node.output.beats - 1 if node.kind == "mvau" else 0


def _pace(marks: Ints) -> int:
    return int(np.diff(marks).max())


def _require_held(accelerator: Accelerator, run: CutRun) -> None:
    if said := re.search(r"queue (\d+): (valid withdrawn|word changed)", run.printed):
        node = accelerator.nodes[accelerator.fillers[int(said[1])] or 0]
        raise VerificationMismatch(
            f"layer {node.layer} ({node.kind} {node.name}) driven alone",
            expected="a word held until it is taken",
            found=f"{said[2]} before that, in cycle {run.cycles}",
        )


def _require_count(node: Node, want: Ints, came: int) -> None:
    wanted = len(want) * node.output.beats
    if not wanted <= came <= wanted + _ahead(node):
        frame, beat = divmod(came, node.output.beats)
        raise VerificationMismatch(
            f"layer {node.layer} ({node.kind} {node.name}) driven alone gives too "
            f"{'few' if came < wanted else 'many'} words",
            expected=f"{wanted}, {node.output.beats} in each of {len(want)} frames",
            found=f"{came}, up to frame {frame}, beat {beat}",
        )


def _ahead(node: Node) -> int:
    """Return the words that a layer gives of a frame that has not begun: FINN+'s padding does."""
    if node.kind != "padding":
        return 0
    top, left, *_ = node.attributes["Padding"]
    _, width, channels = node.output.shape
    return (top * width + left) * channels // node.output.lanes


def _require_pace(node: Node, marks: Ints) -> None:
    expected = node.cycles or max(node.input.beats, node.output.beats)
    if (found := _pace(marks)) > expected:
        raise VerificationMismatch(
            f"pace of layer {node.layer} ({node.kind} {node.name}) driven alone",
            expected=f"{expected} cycles per frame, for which it was compiled",
            found=f"{found} cycles",
        )
