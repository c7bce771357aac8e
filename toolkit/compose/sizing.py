"""Sizes queues by simulation: the smallest depths with the throughput of very deep queues.

In the compiled simulation every queue reads its depth at the start, and products compute nothing, since no
time depends on values; so a trial takes a fraction of a second. A chain of streams cannot deadlock. A
residual block can: its fork waits while the queues of one branch are full, and its adder while those of the
other are empty. Such a trial reaches no throughput at all. Whether a design deadlocks depends on its depths
alone, not on stalls (docs/compilation.md), so one simulation tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from toolkit.compose.accelerator import INPUT, Accelerator
from toolkit.core.artifact import Artifact, sha256_json
from toolkit.core.errors import SimulationError
from toolkit.core.sources import code_digest
from toolkit.core.store import Store, scratch
from toolkit.sim import RtlDesign, SimRun, build
from toolkit.sim.result import Unfinished
from toolkit.sim.simulator import Simulator
from toolkit.sim.stored import image_digests, values_digest

SMALLEST, DEEPEST = 2, 4096  # the latter is the capacity of the queue's simulation model
FRAMES = 5
TOLERANCE = 0.005
HOPELESS, DEADLOCK = 2, 20
"""Times the cycles with the deepest queues after which a trial with blocks is too slow, or stands."""
_FOLDER = Path(__file__).parent / "sizing_rtl"
QUEUE = _FOLDER / "offramp_fifo.sv"
"""Takes the place of the queue: it reads its depth at start."""
PRODUCT = _FOLDER / "mvu.sv"
"""Takes the place of the products' arithmetic: it takes their time."""


class Sizing(Artifact):
    """The chosen depths of an accelerator's queues with the measurements, in the accelerator's folder.

    Attributes:
        depths: depth of every queue.
        interval: simulated cycles per frame in steady state at these depths.
        deep_interval: the same with queues so deep that none is ever full.
        smallest_interval: the same with all queues of depth 2; None: a deadlock.
        latency: cycles from first beat in to last beat out of the first frame, when the design is empty.
        trials: number of simulations.
    """

    FILE: ClassVar[str] = "sizing.json"

    depths: tuple[int, ...]
    interval: int
    deep_interval: int
    smallest_interval: int | None
    latency: int
    trials: int


def size_queues(
    accelerator: Accelerator, frames: NDArray[np.integer], cache_dir: Path | None = None
) -> Sizing:
    """Find the depths of an accelerator's queues.

    Args:
        accelerator: accelerator with any depths.
        frames: input integers (N, beats, lanes) of at least 5 frames; their values do not matter.
        cache_dir: folder that caches compiled simulations and results; by default Offramp's cache folder.

    Raises:
        SimulationError: the design does not run, or does not reach its throughput at the greatest depth.
    """
    trials = _open(accelerator, frames[:FRAMES], cache_dir)
    widths = [port.width for port in accelerator.queues]
    made = Store(cache_dir).get(
        "sizings", trials.key(widths), lambda folder: _size(trials, widths).save(folder)
    )
    return Sizing.load(made)


def _size(trials: _Trials, widths: Sequence[int]) -> Sizing:
    count = len(widths)
    goal = trials.deepest()
    smallest = trials.interval_within([SMALLEST] * count, DEADLOCK)
    depths = _shrink(trials, _uniform(trials, count, goal), widths, goal)
    return Sizing(
        depths=tuple(depths),
        interval=trials.interval(depths),
        deep_interval=goal,
        smallest_interval=smallest,
        latency=trials.latency(depths),
        trials=trials.count,
    )


@dataclass(frozen=True)
class Uniform:
    """An accelerator whose queues all have one depth, with which it has its full throughput.

    Attributes:
        accelerator: the accelerator, with any depths.
        depths: depth of every queue.
        run: its run on the frames for sizing, which follow without a gap; only its times are those of frames.
        cache_dir: as for :func:`size_uniformly`.
    """

    accelerator: Accelerator
    depths: tuple[int, ...]
    run: SimRun
    cache_dir: Path | None = None

    def play(self, frames: NDArray[np.integer], arrivals: NDArray[np.int64]) -> SimRun:
        """Run frames (N, beats, lanes) in one simulation, each from its cycle of ``arrivals``, int64 [N]."""
        trials = _open(self.accelerator, frames, self.cache_dir, (QUEUE,), stored=True)
        return trials.play(self.depths, frames, arrivals)


def size_uniformly(
    accelerator: Accelerator, frames: NDArray[np.integer], cache_dir: Path | None = None
) -> Uniform:
    """Find the smallest depth that is sufficient for all queues.

    This is faster than :func:`size_queues`, whose arguments and errors it has.
    """
    trials = _open(accelerator, frames[:FRAMES], cache_dir, stored=True)
    depths = tuple(_uniform(trials, len(accelerator.queues), trials.deepest()))
    return Uniform(accelerator, depths, trials.run(depths), cache_dir)


def require_interval(name: str, found: int | None, sized: int) -> None:
    """Check that a design is as fast as its queues were sized for; otherwise a queue is too small.

    Args:
        name: name of the accelerator.
        found: simulated cycles per frame in steady state; None if there were too few frames.
        sized: interval that sizing reached.

    Raises:
        SimulationError: ``found`` is longer by more than :data:`TOLERANCE`, since long runs differ a little.
    """
    if found is not None and found > sized + max(1, sized * TOLERANCE):
        raise SimulationError(
            f"throughput of {name}",
            expected=f"{sized} cycles per frame, as its queues were sized for",
            found=f"{found} cycles per frame",
            fix="A queue is too small: compose again.",
        )


def _open(
    accelerator: Accelerator,
    frames: NDArray[np.integer],
    cache_dir: Path | None,
    stand_ins: Sequence[Path] = (QUEUE, PRODUCT),
    *,
    stored: bool = False,
) -> _Trials:
    design = accelerator.design()
    taking = {file.name: file for file in stand_ins}
    sources = tuple(taking.get(source.name, source) for source in design.sources)
    design = replace(design, sources=sources, probes={})
    return _Trials(build(design, cache_dir=cache_dir, quick=True, stored=stored), frames, accelerator)


class _Trials:
    """Runs the sizing simulation with given depths, and caches the results."""

    def __init__(self, simulator: Simulator, frames: NDArray[np.integer], accelerator: Accelerator) -> None:
        self._simulator, self._frames, self._queues = simulator, frames, len(accelerator.queues)
        self._known: dict[tuple[int, ...], SimRun] = {}
        self._cycles: int | None = None
        self.shortcuts = accelerator.shortcut_queues

    def key(self, widths: Sequence[int]) -> str:
        """Return the digest of everything that decides the sizing of queues with these widths."""
        design, code = self._simulator.design, code_digest("toolkit.compose.sizing")
        streams = repr((design.inputs, design.outputs))
        frames, images = values_digest(self._frames), image_digests(design)
        return sha256_json([code, self._simulator.digest, streams, frames, images, [*widths]])

    @property
    def count(self) -> int:
        """Number of simulations so far."""
        return len(self._known)

    def deepest(self) -> int:
        """Return the cycles per frame with the deepest queues; what takes far longer is given up after it."""
        run = self.run([DEEPEST] * self._queues)
        self._cycles = run.cycles if self.shortcuts else None
        return int(run.intervals[-2:].max())

    def interval(self, depths: Sequence[int], times: int = DEADLOCK) -> int:
        """Return the cycles per frame in steady state: the longest of the last two intervals."""
        return int(self.run(depths, times).intervals[-2:].max())

    def interval_within(self, depths: Sequence[int], times: int) -> int | None:
        """Return the same; None if it takes more than ``times`` the cycles of the deepest queues."""
        try:
            return self.interval(depths, times)
        except Unfinished:
            return None

    def reaches(self, goal: int, depths: Sequence[int]) -> bool:
        """Whether the design is as fast as ``goal``, cycles per frame."""
        found = self.interval_within(depths, HOPELESS)
        return found is not None and found <= goal

    def latency(self, depths: Sequence[int]) -> int:
        """Return the latency of the first frame in cycles, when the design is empty."""
        return int(self.run(depths).latency[0])

    def run(self, depths: Sequence[int], times: int = DEADLOCK) -> SimRun:
        """Return the simulation at these depths; ``times``: as for :meth:`interval_within`."""
        key = tuple(depths)
        if key not in self._known:
            limit = None if self._cycles is None else times * self._cycles
            self._known[key] = self.play(key, self._frames, limit=limit)
        return self._known[key]

    def play(
        self,
        depths: tuple[int, ...],
        frames: NDArray[np.integer],
        arrivals: NDArray[np.int64] | None = None,
        limit: int | None = None,
    ) -> SimRun:
        """Simulate frames (N, beats, lanes) at these depths.

        Args:
            depths: depth of every queue.
            frames: frames.
            arrivals: earliest cycle of each; None: one after the other.
            limit: most cycles.
        """
        with scratch("sizing") as folder:
            design: RtlDesign = self._simulator.design
            for image in (design.data_dir or folder).glob("*.dat"):
                (folder / image.name).symlink_to(image.resolve())
            lines = [f"{depth:x}" for depth in depths] + ["2"] * (256 - len(depths))
            (folder / "queue_depths.dat").write_text("\n".join(lines) + "\n")
            trial = self._simulator.with_images(folder)
            return trial.run({INPUT: frames}, jobs=1, arrivals=arrivals, timeout_cycles=limit)


def _uniform(trials: _Trials, count: int, goal: int) -> list[int]:
    """Return the smallest power of two that is sufficient as the depth of all queues.

    Those of shortcuts hold what their main branch has not given yet: they are as deep as can be.
    """

    def depths(depth: int) -> list[int]:
        return [DEEPEST if queue in trials.shortcuts else depth for queue in range(count)]

    depth = SMALLEST
    while not trials.reaches(goal, depths(depth)):
        depth *= 2
        if depth > DEEPEST:
            raise SimulationError("queue sizing", expected=f"{goal} cycles per frame", found="not reached")
    return depths(depth)


def _shrink(trials: _Trials, depths: list[int], widths: Sequence[int], goal: int) -> list[int]:
    """Reduce every queue to the smallest power of two that keeps the throughput, shortcuts' first."""
    for queue in sorted(range(len(depths)), key=lambda i: (i not in trials.shortcuts, -widths[i])):
        low, high = SMALLEST.bit_length() - 1, depths[queue].bit_length() - 1
        while low < high:
            middle = (low + high) // 2
            trial = [*depths[:queue], 1 << middle, *depths[queue + 1 :]]
            low, high = (low, middle) if trials.reaches(goal, trial) else (middle + 1, high)
        depths[queue] = 1 << low
    return depths
