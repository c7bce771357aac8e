"""Runs a design that is cut at its queues: every layer alone, in its place, with words of its own.

Frames of a layer do not depend on those of another, so each may have as many as it needs. A run that does not
end well is no error here: what came out of each layer is in the result, and tells which one failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import BadOption
from toolkit.core.progress import silent
from toolkit.core.store import scratch
from toolkit.core.stream import Stream
from toolkit.sim.design import RtlDesign
from toolkit.sim.pack import Ints, check, pack
from toolkit.sim.process import Chunk, Limits, Processes, Workspace, words
from toolkit.sim.result import Ending
from toolkit.sim.simulator import Simulator
from toolkit.sim.stalls import StallPattern

QUIET_CYCLES = 20_000
"""Cycles without any word into a queue or out of a port after which a cut design stands still."""
LONGEST_STALL = 30
"""Times the mean length of a stall that none of them reaches."""


@dataclass(frozen=True)
class Cut:
    """The streams at one queue of a cut design.

    Attributes:
        before: stream that ends at the queue.
        frames: number of frames that come.
        behind: stream that begins there.
        given: integers for the layer behind, ``[frames, beats, lanes]`` of ``behind``.
        late: cycles after which every word that comes is taken, instead of at random; 0: as stalls have it.
    """

    before: Stream
    frames: int
    behind: Stream
    given: Ints
    late: int = 0


@dataclass(frozen=True)
class CutRun:
    """What came out of the layers of a cut design.

    Attributes:
        ended: "ok", or how the run ended instead: "deadlock", "extra PORT", "stop LINE FILE" ...
        printed: what the design printed.
        cycles: simulated cycles.
        outputs: integers of each output port, ``int64 [frames, beats, lanes]``.
        queues: integers that came to each queue, ``[frames, beats, lanes]``; zeros where none came.
        beats: number of words that came to each queue, by ID, and through each port, by name.
        marks: cycle of the last word of every frame that came to a queue, ``int64 [frames]``.
    """

    ended: str
    printed: str
    cycles: int
    outputs: dict[str, npt.NDArray[np.int64]]
    queues: dict[int, Ints]
    beats: dict[int | str, int]
    marks: dict[int, npt.NDArray[np.int64]]

    def words(self, key: int | str) -> Ints:
        """Return the integers that came to a queue, by ID, or through an output port, by name."""
        return self.queues[key] if isinstance(key, int) else self.outputs[key]


def run_cut(
    simulator: Simulator,
    inputs: Mapping[str, Ints],
    cuts: Mapping[int, Cut],
    frames: Mapping[str, int],
    stalls: StallPattern | None = None,
    arguments: tuple[str, ...] = (),
    timeout_cycles: int = 0,
) -> CutRun:
    """Run a design in one process until every layer has answered, or nothing moves any more.

    Args:
        simulator: simulator built with ``cut=True``.
        inputs: integers per input stream, ``[frames, beats, lanes]``.
        cuts: what is given at each queue and what comes, by ID.
        frames: number of frames of each output stream.
        stalls: stall pattern; ``inside`` counts at both sides of every queue.
        arguments: further arguments of the simulation.
        timeout_cycles: largest number of cycles; 0: no limit.

    Raises:
        BadOption: the simulator is not built for it, or values do not fit their stream.
        SimulationError: the simulation broke off without a result.
    """
    if not simulator.options.cut:
        raise BadOption("run of a cut design", expected="a simulator built with cut=True")
    stalls, design = stalls or StallPattern(), simulator.design
    quiet = QUIET_CYCLES + int(LONGEST_STALL * (stalls.burst or 1))
    whole = _of_one_frame(design, {name: len(values) for name, values in inputs.items()} | dict(frames))
    coming = {id_: _times(cut.before, cut.frames) for id_, cut in cuts.items()}
    with scratch("cut") as folder:
        space, chunk = Workspace(folder, whole, coming, 1), Chunk(0, 0, 1)
        for stream, one in zip(whole.inputs, design.inputs, strict=True):
            values = check(inputs[stream.name], one)
            space.write_input(stream, values.reshape(1, stream.beats, stream.lanes))
        job = space.write_job(chunk, stalls, Limits(quiet, timeout_cycles), None)
        with job.open("a") as file:
            for id_, cut in cuts.items():
                beats = len(cut.given) * cut.behind.beats
                (folder / f"given{id_}").write_bytes(_words(cut.given, cut.behind).tobytes())
                file.write(f"given {id_} {beats} {words(cut.behind)} {folder}/given{id_}\n")
                (folder / f"marks{id_}").write_bytes(bytes(8 * cut.frames))
                file.write(f"marks {id_} {cut.before.beats} {cut.late} {folder}/marks{id_}\n")
        with Processes(simulator.executable, space, [chunk]) as processes:
            processes.start(arguments)
            (ending,) = processes.wait(silent, failures=False)
        return _collected(design, space, cuts, frames, ending)


def _collected(
    design: RtlDesign, space: Workspace, cuts: Mapping[int, Cut], frames: Mapping[str, int], ending: Ending
) -> CutRun:
    log = space.file(Chunk(0, 0, 1), "log").read_text(errors="replace").strip()
    whole = {stream.name: stream for stream in space.design.outputs}
    return CutRun(
        ended=f"{ending.status} {ending.detail}".strip(),
        printed=log,
        cycles=ending.cycles,
        outputs={
            stream.name: space.read_output(whole[stream.name]).reshape(frames[stream.name], stream.beats, -1)
            for stream in design.outputs
        },
        queues={
            id_: space.read_probe(id_).reshape(cut.frames, cut.before.beats, cut.before.lanes)
            for id_, cut in cuts.items()
        },
        beats=dict([*ending.probed.items(), *ending.beats.items()]),
        marks={id_: np.fromfile(space.folder / f"marks{id_}", np.int64) for id_ in cuts},
    )


def _of_one_frame(design: RtlDesign, frames: Mapping[str, int]) -> RtlDesign:
    """Return the design with all frames of a port as its only one, since ports differ in their number."""
    inputs = tuple(_times(stream, frames[stream.name]) for stream in design.inputs)
    outputs = tuple(_times(stream, frames[stream.name]) for stream in design.outputs)
    return replace(design, inputs=inputs, outputs=outputs)


def _times(stream: Stream, frames: int) -> Stream:
    return replace(stream, beats=stream.beats * frames, shape=())


def _words(values: Ints, stream: Stream) -> npt.NDArray[np.uint8]:
    """Return the bytes of beats, each padded to whole words of 32 bits."""
    packed = pack(values, stream)
    filled = np.zeros((*packed.shape[:2], 4 * words(stream)), np.uint8)
    filled[..., : packed.shape[2]] = packed
    return filled
