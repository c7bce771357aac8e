"""The result of a simulation, and the errors of failed ones."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import SimulationError
from toolkit.core.stream import Stream
from toolkit.sim.design import RtlDesign
from toolkit.sim.pack import Ints

Cycles = npt.NDArray[np.int64]


class Seen(enum.IntFlag):
    """What can happen at a FIFO, as ``offramp_fifo_observer.sv`` numbers it."""

    EMPTIED = 1
    WRITER_WAITED = 2
    READER_WAITED = 4


@dataclass(frozen=True)
class Stamps:
    """The cycles of each frame's first and last beat on one stream, ``int64 [frames]``."""

    first: Cycles
    last: Cycles


@dataclass(frozen=True)
class SimRun:
    """The result of one simulation.

    Cycles count from 0, the first cycle after reset, in the process that simulated the frame; the cycle of a
    beat is the one that ends with the clock edge at which it is transferred.

    Attributes:
        outputs: integers of each output stream, ``int64 [frames, beats, lanes]``.
        stamps: cycles of each input and output stream.
        first_in, last_in, first_out, last_out: cycle per frame, over all inputs and all outputs.
        starts: first frame of each process (each starts from reset).
        cycles: simulated cycles, all processes together.
        seconds: wall time of the simulation in seconds, without compiling and packing.
        cycles_per_second: mean speed of one process.
        fifo_peak: highest occupancy per FIFO ID (observed runs).
        fifo_seen: what happened at each FIFO, by ID: :class:`Seen` (observed runs).
        waited: streams of the design whose sender had to wait.
        probes: integers through each FIFO ``[frames, beats, lanes]``, in the smallest type that holds them.
    """

    outputs: dict[str, npt.NDArray[np.int64]]
    stamps: dict[str, Stamps]
    first_in: Cycles
    last_in: Cycles
    first_out: Cycles
    last_out: Cycles
    starts: tuple[int, ...]
    cycles: int
    seconds: float
    cycles_per_second: float
    fifo_peak: dict[int, int] = field(default_factory=dict)
    fifo_seen: dict[int, int] = field(default_factory=dict)
    waited: tuple[str, ...] = ()
    probes: dict[int, Ints] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """Number of simulated frames."""
        return len(self.last_out)

    @property
    def latency(self) -> Cycles:
        """Cycles from first beat in to last beat out, per frame."""
        return self.last_out - self.first_in

    @property
    def intervals(self) -> Cycles:
        """Cycles between the last beats of neighbouring frames of one process, in order."""
        steps = np.diff(self.last_out)
        return np.delete(steps, [start - 1 for start in self.starts if start > 0])

    @property
    def interval(self) -> int | None:
        """Cycles per frame in the steady state: the median of :attr:`intervals`; ``None`` without any."""
        return int(np.median(self.intervals)) if len(self.intervals) else None


@dataclass
class Ending:
    """The content of a result file; ``passed``: words that entered and left each observed FIFO."""

    status: str = ""
    detail: str = ""
    cycles: int = 0
    seconds: float = 0.0
    beats: dict[str, int] = field(default_factory=dict)
    peaks: dict[int, int] = field(default_factory=dict)
    probed: dict[int, int] = field(default_factory=dict)
    passed: dict[int, tuple[int, int]] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    waited: list[str] = field(default_factory=list)


def read_ending(text: str) -> Ending:
    """Parse a result file; the status of an unfinished one is empty."""
    ending = Ending()
    for line in text.splitlines():
        key, _, rest = line.partition(" ")
        if key == "cycles":
            ending.cycles = int(rest)
        elif key == "seconds":
            ending.seconds = float(rest)
        elif key == "beats":
            name, number = rest.rsplit(" ", 1)
            ending.beats[name] = int(number)
        elif key == "waited":
            ending.waited.append(rest)
        elif key == "passed":
            id_, pushed, popped = map(int, rest.split())
            ending.passed[id_] = (pushed, popped)
        elif key in ("peak", "probed", "seen"):
            name, number = rest.split()
            by_id = {"peak": ending.peaks, "probed": ending.probed, "seen": ending.seen}
            by_id[key][int(name)] = int(number)
        elif key == "status":
            ending.status, _, ending.detail = rest.partition(" ")
    return ending


class FailedRun(SimulationError):
    """The end of a process with an error.

    Attributes:
        first_frame, frames: frames of the process.
    """

    first_frame: int
    frames: int


class Unfinished(FailedRun):
    """Beats are missing, and nothing moves any more or the cycles are used up."""


def failure(design: RtlDesign, ending: Ending, first_frame: int, frames: int, printed: str) -> FailedRun:
    """Return the error for a failed run.

    Args:
        design: simulated design.
        ending: result file of the process.
        first_frame, frames: frames of the process.
        printed: last output of the design.
    """
    error = _error(design, ending, first_frame, printed)
    error.first_frame, error.frames = first_frame, frames
    return error


def _error(design: RtlDesign, ending: Ending, first_frame: int, printed: str) -> FailedRun:
    at = f"in cycle {ending.cycles} of the simulation of {design.top}"
    where = _positions(design, ending, first_frame)
    if ending.status == "deadlock":
        fix = "A FIFO may be too small; if the design is only slow, raise quiet_cycles."
        return Unfinished(f"deadlock {at}", expected="a transfer", found=where, fix=fix)
    if ending.status == "timeout":
        return Unfinished(f"time limit {at}", expected="the last output", found=where)
    if ending.status == "extra":
        what = f"output {ending.detail} gives more beats than its frames have, {at}"
        return FailedRun(what, expected="none behind the last frame", found=where)
    if ending.status in ("withdrawn", "changed"):
        verb, word = ("withdraws", "valid") if ending.status == "withdrawn" else ("changes", "data")
        what = f"output {ending.detail} {verb} {word} before it is taken"
        return FailedRun(f"{what}, {at}", expected=f"{word} held", found=where)
    if ending.status in ("stop", "finish"):
        line, _, file = ending.detail.partition(" ")
        what = "a failed assertion or $error" if ending.status == "stop" else "$finish"
        return FailedRun(f"{what} at {file}:{line} {at}", found=where, fix=printed)
    return FailedRun(f"the simulation of {design.top} broke off", found=printed or "no message")


def _positions(design: RtlDesign, ending: Ending, first_frame: int) -> str:
    def position(stream: Stream, verb: str) -> str:
        frame, beat = divmod(ending.beats.get(stream.name, 0), stream.beats)
        return f"{stream.name} {verb} frame {first_frame + frame}, beat {beat} of {stream.beats}"

    parts = [position(stream, "waits for") for stream in design.outputs]
    return "; ".join(parts + [position(stream, "is at") for stream in design.inputs])


def check_probes(probes: Mapping[int, Stream], ending: Ending, first_frame: int, frames: int) -> None:
    """Check that every recorded FIFO passed the beats of its frames.

    More beats are no error: a layer may run ahead into the next frame, since padding needs no input.

    Raises:
        SimulationError: a FIFO passed fewer beats.
    """
    for id_, stream in probes.items():
        passed = ending.probed.get(id_, 0)
        if passed < frames * stream.beats:
            frame, beat = divmod(passed, stream.beats)
            raise SimulationError(
                f"FIFO {id_} ({stream.name})",
                expected=f"{frames} frames of {stream.beats} beats",
                found=f"{passed} beats, up to frame {first_frame + frame}, beat {beat}",
                fix="" if passed else "Is it observed (observe=True), and is its ID right?",
            )
