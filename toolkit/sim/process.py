"""The working folder and the processes of a run.

The simulation processes map the files of this folder into memory, so no beat is copied or sent.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import SimulationError
from toolkit.core.paths import is_file
from toolkit.core.progress import Progress
from toolkit.core.stream import Stream
from toolkit.sim.design import RtlDesign
from toolkit.sim.pack import Ints, frames_per_chunk, pack, require_padding, unpack
from toolkit.sim.result import Ending, failure, read_ending
from toolkit.sim.stalls import StallPattern

_PRINTED_CHARACTERS = 2000
_SLOWEST_POLL_S = 0.1


@dataclass(frozen=True)
class Limits:
    """The limits of a run: cycles without a transfer, and cycles in all (0: no limit)."""

    quiet_cycles: int
    timeout_cycles: int


@dataclass(frozen=True)
class Chunk:
    """The contiguous frames that one process simulates."""

    index: int
    first: int
    frames: int


def split(frames: int, jobs: int) -> list[Chunk]:
    """Divide frames into at most ``jobs`` contiguous chunks of about equal size."""
    bounds = [frames * i // min(jobs, frames) for i in range(min(jobs, frames) + 1)]
    return [Chunk(i, low, high - low) for i, (low, high) in enumerate(itertools.pairwise(bounds))]


class Workspace:
    """The files of one run in ``folder``."""

    def __init__(self, folder: Path, design: RtlDesign, probes: Mapping[int, Stream], frames: int) -> None:
        self.folder, self.design, self.probes, self.frames = folder, design, probes, frames
        for stream in design.outputs:
            _allocate(self._beats(stream), frames * stream.beats * stream.beat_bytes)
        for id_, stream in probes.items():
            _allocate(self._probe(id_), frames * stream.beats * 4 * words(stream))

    def _beats(self, stream: Stream) -> Path:
        return self.folder / f"{stream.name}.beats"

    def _probe(self, id_: int) -> Path:
        return self.folder / f"probe{id_}.words"

    def file(self, chunk: Chunk, kind: str) -> Path:
        """Return the path of a file of one process: its job, result, progress, stamps or log."""
        return self.folder / f"{chunk.index}.{kind}"

    def write_input(self, stream: Stream, values: Ints) -> None:
        """Pack ``[frames, beats, lanes]`` into the stream's file, some frames at a time."""
        step = frames_per_chunk(stream)
        with self._beats(stream).open("wb") as file:
            for start in range(0, self.frames, step):
                file.write(pack(values[start : start + step], stream).tobytes())

    def write_arrivals(self, chunk: Chunk, arrivals: Ints) -> None:
        """Write the earliest cycle of each frame, int64 [frames]; before :meth:`write_job`."""
        arrivals.astype("<u8").tofile(self.file(chunk, "arrivals"))

    def write_job(self, chunk: Chunk, stalls: StallPattern, limits: Limits, trace_file: Path | None) -> Path:
        """Write the job file of one process (see ``engine/job.cpp``) and allocate its result files."""
        lines = [f"parent {os.getpid()}", f"frames {chunk.frames}"]
        lines += [
            f"quiet {limits.quiet_cycles}",
            f"timeout {limits.timeout_cycles}",
            f"restart {stalls.restart}",
        ]
        streams = len(self.design.inputs) + len(self.design.outputs)
        for kind, size in (("stamps", 16 * streams * chunk.frames), ("progress", 8)):
            _allocate(self.file(chunk, kind), size)
            lines.append(f"{kind} {self.file(chunk, kind)}")
        lines.append(f"result {self.file(chunk, 'result')}")
        if trace_file is not None:
            lines.append(f"trace {trace_file}")
        if is_file(arrivals := self.file(chunk, "arrivals")):
            lines.append(f"arrivals {arrivals}")
        sides = ((self.design.inputs, stalls.input_idle), (self.design.outputs, stalls.output_stall))
        for side, share in sides:
            enter, stay = stalls.thresholds(share)
            for stream in side:
                offset = chunk.first * stream.beats * stream.beat_bytes
                seed = _seed(stalls.seed, stream.name, chunk.first)
                held = stalls.hold if stalls.holds(stream.name) else 0
                head = f"port {stream.name} {stream.beats} {offset} {enter} {stay} {seed} {held}"
                lines.append(f"{head} {self._beats(stream)}")
        for id_, stream in self.probes.items():
            offset = chunk.first * stream.beats * 4 * words(stream)
            lines.append(f"probe {id_} {stream.beats} {offset} {words(stream)} {self._probe(id_)}")
        enter, stay = stalls.thresholds(stalls.inside)
        lines.append(f"inside {enter} {stay} {_seed(stalls.seed, 'inside', chunk.first)}")
        job = self.file(chunk, "job")
        job.write_text("\n".join(lines) + "\n")
        return job

    def read_output(self, stream: Stream) -> npt.NDArray[np.int64]:
        """Read an output stream, int64 ``[frames, beats, lanes]``.

        Raises:
            SimulationError: a bit above the last lane is set.
        """
        shape = (self.frames, stream.beats, stream.beat_bytes)
        beats = np.memmap(self._beats(stream), np.uint8, "r", shape=shape)
        values = np.empty((self.frames, stream.beats, stream.lanes), np.int64)
        step = frames_per_chunk(stream)
        for start in range(0, self.frames, step):
            require_padding(beats[start : start + step], stream, start)
            values[start : start + step] = unpack(beats[start : start + step], stream)
        return values

    def read_probe(self, id_: int) -> Ints:
        """Read the words that passed a FIFO, ``[frames, beats, lanes]``."""
        stream = self.probes[id_]
        shape = (self.frames, stream.beats, 4 * words(stream))
        beats = np.memmap(self._probe(id_), np.uint8, "r", shape=shape)
        step = frames_per_chunk(stream)
        return np.concatenate([unpack(beats[i : i + step], stream) for i in range(0, self.frames, step)])

    def read_stamps(self, chunk: Chunk) -> npt.NDArray[np.int64]:
        """Read cycles, int64 ``[streams (inputs, then outputs), frames of the chunk, 2 (first, last)]``."""
        return np.fromfile(self.file(chunk, "stamps"), np.int64).reshape(-1, chunk.frames, 2)


def words(stream: Stream) -> int:
    """Return the number of 32-bit words per beat that a FIFO reports."""
    return -(-stream.tdata_bits // 32)


class Processes:
    """The simulation processes of a run; leaving the ``with`` block kills those still running."""

    def __init__(self, executable: Path, space: Workspace, chunks: Sequence[Chunk]) -> None:
        self.executable, self.space, self.chunks = executable, space, chunks
        self.running: dict[int, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running.values():
            process.kill()
        for process in self.running.values():
            process.wait()

    def start(self, arguments: Sequence[str]) -> None:
        """Start one process per chunk; the job files must exist."""
        cwd = self.space.design.data_dir or self.space.folder
        for chunk in self.chunks:
            command = [str(self.executable), str(self.space.file(chunk, "job")), *arguments]
            with self.space.file(chunk, "log").open("wb") as log:
                self.running[chunk.index] = subprocess.Popen(
                    command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
                )

    def wait(self, progress: Progress, *, failures: bool = True) -> list[Ending]:
        """Wait for all processes and return their endings in order of the chunks.

        Args:
            progress: callback for the number of simulated frames.
            failures: whether the ending of a failed run is an error.

        Raises:
            SimulationError: a process failed, or broke off without a result; of several the one with the
                first frames, whichever was the fastest.
        """
        endings: dict[int, Ending] = {}
        failed: dict[int, SimulationError] = {}
        told, pause = -1, 0.001
        while self.running:
            time.sleep(pause)
            pause = min(2 * pause, _SLOWEST_POLL_S)
            for chunk in self.chunks:
                process = self.running.get(chunk.index)
                if process is not None and process.poll() is not None:
                    del self.running[chunk.index]
                    try:
                        endings[chunk.index] = self._ending(chunk, process.returncode, failures)
                    except SimulationError as error:
                        failed[chunk.index] = error
            if failed and min(failed) < min(self.running, default=len(self.chunks)):
                raise failed[min(failed)]
            done = sum(self._frames_done(chunk, endings) for chunk in self.chunks)
            if done != told:
                told = done
                progress(f"simulate {self.space.design.top}", done, self.space.frames)
        return [endings[chunk.index] for chunk in self.chunks]

    def _frames_done(self, chunk: Chunk, endings: Mapping[int, Ending]) -> int:
        if chunk.index in endings:
            return chunk.frames
        return int(np.fromfile(self.space.file(chunk, "progress"), np.uint64, 1)[0])

    def _ending(self, chunk: Chunk, code: int, failures: bool) -> Ending:
        result = self.space.file(chunk, "result")
        ending = read_ending(result.read_text()) if code == 0 and is_file(result) else Ending()
        if ending.status == "ok" or (ending.status and not failures):
            return ending
        printed = self.space.file(chunk, "log").read_text(errors="replace")[-_PRINTED_CHARACTERS:].strip()
        if not ending.status:
            raise SimulationError(
                f"the simulation of {self.space.design.top} broke off", found=f"exit code {code}", fix=printed
            )
        raise failure(self.space.design, ending, chunk.first, chunk.frames, printed)


def _allocate(file: Path, size: int) -> None:
    # Reserve the space now: a full disk is an error here, but kills a process that writes to a mapping.
    with file.open("wb") as opened:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(opened.fileno(), 0, size)
        else:
            opened.truncate(size)


def _seed(seed: int, name: str, first_frame: int) -> int:
    digest = hashlib.sha256(f"{seed}/{name}/{first_frame}".encode()).digest()
    return int.from_bytes(digest[:8], "little")
