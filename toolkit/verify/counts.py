"""Names the layer whose number of beats is wrong, if a simulation ends without its last beat or with more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

from toolkit.compile.segment import Node
from toolkit.compose.accelerator import INPUT, OUTPUT, Accelerator
from toolkit.core.errors import SimulationError, VerificationMismatch
from toolkit.sim import SimRun, Simulator, StallPattern, build
from toolkit.sim.process import Chunk, split
from toolkit.sim.result import Ending, FailedRun

QUIET_CYCLES = 200_000
"""Cycles without a transfer at any queue after which an observed simulation counts as deadlocked."""


@dataclass(frozen=True)
class WrongCount:
    """The first layer in stream order with a wrong number of beats: beats expected and found behind it."""

    layer: str
    expected: int
    found: str


def run_located(
    simulator: Simulator,
    accelerator: Accelerator,
    inputs: Mapping[str, Any],
    stalls: StallPattern | None = None,
    **options: Any,
) -> SimRun:
    """Simulate frames; a failure is simulated again with every queue observed, to name the layer at fault.

    Args:
        simulator: simulator of the accelerator.
        accelerator: exit path or stage.
        inputs, stalls, options: see :meth:`Simulator.run`.

    Raises:
        SimulationError: as :meth:`Simulator.run`; if beats are lost, stuck or too many, the message names the
            first such layer in stream order, the frame and both counts.
    """
    try:
        return simulator.run(inputs, stalls=stalls, **options)
    except FailedRun as error:
        chunk = Chunk(0, error.first_frame, error.frames)
        found = _first_wrong(simulator, accelerator, inputs, stalls, [chunk])
        if found is None:
            raise
        raise SimulationError(**found, fix=f"At the ports: {error}") from error


@contextmanager
def located(
    simulator: Simulator,
    accelerator: Accelerator,
    inputs: Mapping[str, Any],
    stalls: StallPattern | None,
    jobs: int,
) -> Iterator[None]:
    """Look for a wrong number of beats where a comparison of values fails; arguments as of the run compared.

    A beat too many within a frame moves all values behind it, yet need not show in any count at a port.

    Raises:
        VerificationMismatch: as the comparison; if a layer's beats are wrong, the message names it.
    """
    try:
        yield
    except VerificationMismatch as error:
        chunks = split(len(next(iter(inputs.values()))), jobs)
        found = _first_wrong(simulator, accelerator, inputs, stalls, chunks)
        if found is None:
            raise
        raise VerificationMismatch(**found, fix=f"At the ports: {error}") from error


def _first_wrong(
    simulator: Simulator,
    accelerator: Accelerator,
    inputs: Mapping[str, Any],
    stalls: StallPattern | None,
    chunks: Sequence[Chunk],
) -> dict[str, Any] | None:
    """Return the words of an error for the first layer and frame with wrong beats; None if all are right."""
    inside, start = simulator.options.stall_inside, simulator.options.random_start
    watched = build(simulator.design, observe=True, stall_inside=inside, random_start=start, quick=True)

    def wrong(first: int, frames: int) -> WrongCount | None:
        chunk = Chunk(0, first, frames)
        ending = watched.ending(inputs, stalls or StallPattern(), chunk, QUIET_CYCLES)
        return wrong_count(accelerator, ending, frames)

    for chunk in chunks:
        found = wrong(chunk.first, chunk.frames)
        if found is None:
            continue
        right, fails = 0, chunk.frames  # of so many frames all beats are right; of so many they are not
        while fails - right > 1:
            middle = (right + fails) // 2
            earlier = wrong(chunk.first, middle)
            found, fails, right = (earlier, middle, right) if earlier else (found, fails, middle)
        return {
            "what": f"{found.layer} is the first whose beats are wrong, in frame {chunk.first + fails - 1}",
            "expected": f"{found.expected} beats in {fails} frames",
            "found": found.found,
        }
    return None


def wrong_count(accelerator: Accelerator, ending: Ending, frames: int) -> WrongCount | None:
    """Return the first layer in stream order whose number of beats is wrong; None if none is.

    A layer at fault gives more beats than its frames have; or it has taken all its frames and given fewer; or
    it takes no more, though its input waits and the queue behind it has room. A layer that only waits for
    another, in front or behind, is none.

    Args:
        accelerator: exit path or stage.
        ending: end of an observed simulation.
        frames: number of its frames.
    """
    nodes, last = accelerator.nodes, len(accelerator.nodes) - 1
    if ending.status in ("withdrawn", "changed"):
        source = nodes[last if ending.detail == OUTPUT else accelerator.branch or 0]
        found = f"a beat {ending.status} before it was taken, after {ending.beats.get(ending.detail, 0)}"
        return WrongCount(_words(source), frames * source.output.beats, found)
    if ending.status not in ("ok", "extra", "deadlock"):  # beats are still on their way
        return None
    for i, node in enumerate(nodes):
        flow = _flow(accelerator, ending, i)
        what, want = _words(node), frames * node.output.beats
        if flow.given > want + _ahead(accelerator, i):
            return WrongCount(what, want, f"{flow.given} or more")
        if flow.given < want and flow.room and flow.taken >= frames * node.input.beats:
            return WrongCount(what, want, f"{flow.given}, from all of its input")
        if flow.given < want and flow.room and flow.waits and flow.taken < frames * node.input.beats:
            found = f"{flow.given}, stuck while its input waits and the queue behind it has room"
            return WrongCount(f"{what}, or the queue behind it,", want, found)
    return _wrong_map(accelerator, ending, frames) or _stuck_block(accelerator, ending, frames)


@dataclass(frozen=True)
class _Flow:
    """The beats of a node, of its slowest input: taken, given; whether input waits, and room is behind it."""

    taken: int
    given: int
    waits: bool
    room: bool


def _flow(accelerator: Accelerator, ending: Ending, i: int) -> _Flow:
    before = [ending.passed.get(queue, (0, 0)) for queue in accelerator.queues_before(i)]
    behind = {queue: ending.passed.get(queue, (0, 0)) for queue in accelerator.queues_behind(i)}
    return _Flow(
        taken=min((popped for _, popped in before), default=ending.beats.get(INPUT, 0)),
        given=max((pushed for pushed, _ in behind.values()), default=_at_port(ending, OUTPUT)),
        waits=all(pushed > popped for pushed, popped in before),
        room=all(pushed - popped < accelerator.depths[q] for q, (pushed, popped) in behind.items()),
    )


def _wrong_map(accelerator: Accelerator, ending: Ending, frames: int) -> WrongCount | None:
    """Check the fork behind the feature map; its queue has the number behind all others."""
    if accelerator.branch is None:
        return None
    node = accelerator.nodes[accelerator.branch]
    want, (given, queued) = frames * node.output.beats, ending.passed.get(len(accelerator.depths) - 1, (0, 0))
    if given > want or (given < want and given - queued < accelerator.depths[-1]):
        return WrongCount(f"the feature map's fork behind layer {node.layer}", want, str(given))
    return None


def _stuck_block(accelerator: Accelerator, ending: Ending, frames: int) -> WrongCount | None:
    """Name a residual block whose adder waits for one branch while the other has no room."""
    for join in accelerator.joins:
        adder, (way,) = accelerator.nodes[join.add], accelerator.queues_before(join.shortcut)
        ends = [ending.passed.get(queue, (0, 0)) for queue in accelerator.queues_before(join.add)]
        waiting = [pushed > popped for pushed, popped in ends]
        if ending.status != "deadlock" or waiting[0] == waiting[1]:
            continue
        full, empty = ("shortcut", "main branch") if waiting[1] else ("main branch", "shortcut")
        depths = [accelerator.depths[way], *accelerator.depths[join.shortcut : join.add]]
        if waiting[0]:
            depths = [*accelerator.depths[join.main - 1 if join.main else 0 : join.shortcut]]
        found = (
            f"{ends[0][1]}: a deadlock, the queues of its {full} are full "
            f"({', '.join(map(str, depths))} words) and its {empty} gets nothing"
        )
        return WrongCount(f"residual block {adder.layer}", frames * adder.output.beats, found)
    return None


def _words(node: Node) -> str:
    return f"layer {node.layer} ({node.kind} {node.name})"


def _at_port(ending: Ending, port: str) -> int:
    more = ending.status == "extra" and ending.detail == port
    return ending.beats.get(port, 0) + more


def _ahead(accelerator: Accelerator, i: int) -> int:
    """Return the most beats that FINN+'s padding and window may give of the next frame, without input."""
    node, (before,) = accelerator.nodes[i], accelerator.inputs_of(i, accelerator.nodes, None)[:1]
    if node.kind == "padding":
        top, left, *_ = node.attributes["Padding"]
        _, width, _ = node.output.shape
        return (top * width + left) * node.output.beats // prod(node.output.shape[:2])
    if node.kind == "window" and before is not None and before.kind == "padding":
        return node.output.beats // prod(node.output.shape[:2])
    return 0
