"""A compiled design, ready to run."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import BadOption, UnknownName
from toolkit.core.outputs import keep_file
from toolkit.core.progress import Progress, silent
from toolkit.core.store import Store, scratch
from toolkit.core.stream import Stream
from toolkit.sim.design import RtlDesign
from toolkit.sim.options import BuildOptions
from toolkit.sim.pack import Ints, check, container
from toolkit.sim.process import Chunk, Limits, Processes, Workspace, split
from toolkit.sim.result import Ending, SimRun, Stamps, check_probes
from toolkit.sim.stalls import StallPattern
from toolkit.sim.stored import LARGEST, get_or_run, run_key

QUIET_CYCLES = 1_000_000
"""Number of cycles without any transfer after which a run counts as deadlocked."""


class Simulator:
    """A compiled simulator, made by :func:`toolkit.sim.build`, for any number of runs.

    Attributes:
        design: compiled design.
        options: build options.
        digest: digest of everything the simulator depends on.
        executable: program of one simulation process.
        store: store that caches runs; ``None``: every run is simulated.
    """

    def __init__(
        self,
        design: RtlDesign,
        options: BuildOptions,
        digest: str,
        executable: Path,
        store: Store | None = None,
    ) -> None:
        self.design, self.options, self.digest, self.executable = design, options, digest, executable
        self.store = store

    def with_images(self, folder: Path) -> Simulator:
        """Return the same simulator with its memory images in another folder."""
        design = replace(self.design, data_dir=folder)
        return Simulator(design, self.options, self.digest, self.executable, self.store)

    def run(
        self,
        inputs: Mapping[str, npt.ArrayLike],
        *,
        stalls: StallPattern | None = None,
        jobs: int = 2,
        timeout_cycles: int | None = None,
        quiet_cycles: int = QUIET_CYCLES,
        trace_file: Path | None = None,
        probes: Collection[int] | None = None,
        arrivals: npt.ArrayLike | None = None,
        progress: Progress = silent,
    ) -> SimRun:
        """Simulate frames, or take the run from the store if the same one was simulated before.

        Args:
            inputs: integers per input stream, ``[frames, beats, lanes]`` or ``[frames, *stream.shape]``.
            stalls: pattern of idle inputs and stalled outputs; ``None``: no stalls.
            jobs: number of processes; each simulates contiguous frames from reset.
            timeout_cycles: largest number of cycles of a process; ``None``: no limit.
            quiet_cycles: cycles without a transfer that count as a deadlock.
            trace_file: file for a recording (one process; the simulator must be built for it).
            probes: IDs of the FIFOs to record, of ``design.probes``; ``None``: all if built with ``observe``.
            arrivals: earliest cycle of each frame's first beat, integers [frames], which never fall (one
                process); ``None``: all frames follow without a gap.
            progress: callback for the number of simulated frames.

        Raises:
            BadOption: there are no frames, names, shapes or values are wrong, or the simulator was not built
                for an option.
            UnknownName: no input stream has such a name.
            OutputPathError: the recording cannot be written.
            SimulationError: deadlock, time limit, failed assertion, broken handshake, wrong number of beats.
        """
        stalls = stalls or StallPattern()
        values = self._checked_inputs(inputs)
        frames = len(next(iter(values.values())))
        wanted = self._checked_options(stalls, jobs, trace_file, probes)
        times = None if arrivals is None else _checked_arrivals(arrivals, frames, jobs)
        timeout = 0 if timeout_cycles is None else _positive("timeout_cycles", timeout_cycles)
        limits = Limits(_positive("quiet_cycles", quiet_cycles), timeout)
        chunks = split(frames, 1 if trace_file else jobs)

        def simulate() -> SimRun:
            return self._simulate(values, stalls, chunks, limits, wanted, trace_file, times, progress)

        size = sum(
            frames * one.elements * container(one).itemsize
            for one in (*self.design.outputs, *wanted.values())
        )
        if self.store is None or trace_file or size > LARGEST:
            return simulate()
        key = run_key(self.digest, self.design, values, stalls, chunks, limits, wanted, times)
        run = get_or_run(self.store, key, simulate)
        progress(f"simulate {self.design.top}", frames, frames)
        return run

    def ending(
        self, inputs: Mapping[str, npt.ArrayLike], stalls: StallPattern, chunk: Chunk, quiet_cycles: int
    ) -> Ending:
        """Simulate the frames of one process of a run again and return how far every stream came."""
        values = self._checked_inputs(inputs)
        with scratch("simulation") as folder:
            space = Workspace(folder, self.design, {}, len(next(iter(values.values()))))
            for stream in self.design.inputs:
                space.write_input(stream, values[stream.name])
            space.write_job(chunk, stalls, Limits(quiet_cycles, 0), None)
            with Processes(self.executable, space, [chunk]) as processes:
                processes.start(self._start_arguments(stalls))
                (ending,) = processes.wait(silent, failures=False)
        return ending

    def _simulate(
        self,
        values: Mapping[str, Ints],
        stalls: StallPattern,
        chunks: list[Chunk],
        limits: Limits,
        wanted: Mapping[int, Stream],
        trace_file: Path | None,
        arrivals: Ints | None,
        progress: Progress,
    ) -> SimRun:
        frames = sum(chunk.frames for chunk in chunks)
        with scratch("simulation") as folder:
            trace = trace_file and folder / f"trace{trace_file.suffix}"  # the path of a job file has one line
            space = Workspace(folder, self.design, wanted, frames)
            for stream in self.design.inputs:
                space.write_input(stream, values[stream.name])
            for chunk in chunks:
                if arrivals is not None:
                    space.write_arrivals(chunk, arrivals)
                space.write_job(chunk, stalls, limits, trace)
            start = time.perf_counter()
            with Processes(self.executable, space, chunks) as processes:
                processes.start(self._start_arguments(stalls))
                endings = processes.wait(progress)
            seconds = time.perf_counter() - start
            for chunk, ending in zip(chunks, endings, strict=True):
                check_probes(wanted, ending, chunk.first, chunk.frames)
            if trace and trace_file:
                keep_file(trace, trace_file)
            return self._collect(space, chunks, endings, seconds)

    def _checked_inputs(self, inputs: Mapping[str, npt.ArrayLike]) -> dict[str, Ints]:
        names = [stream.name for stream in self.design.inputs]
        if unknown := sorted(set(inputs) - set(names)):
            raise UnknownName.among(f"input stream of {self.design.top}", unknown[0], names)
        if missing := [name for name in names if name not in inputs]:
            raise BadOption(f"inputs of {self.design.top}", expected=names, found=f"nothing for {missing}")
        values = {stream.name: check(inputs[stream.name], stream) for stream in self.design.inputs}
        counts = {name: len(array) for name, array in values.items()}
        if len(set(counts.values())) != 1 or 0 in counts.values():
            raise BadOption(
                f"frames for {self.design.top}",
                expected="at least 1, as many for every input",
                found=counts,
            )
        return values

    def _checked_options(
        self, stalls: StallPattern, jobs: int, trace_file: Path | None, probes: Collection[int] | None
    ) -> dict[int, Stream]:
        _positive("jobs", jobs)
        if stalls.inside and not self.options.stall_inside:
            raise BadOption("stalls inside the design", fix="Build the simulator with stall_inside=True.")
        if trace_file is not None:
            kind = self.options.trace
            if kind is None or trace_file.suffix != f".{kind.value}":
                wanted = f"a simulator built for {trace_file.suffix or 'it'}"
                fix = "Build it with trace=Trace.FST, VCD or SAIF and use that suffix."
                raise BadOption(f"trace file {trace_file}", expected=wanted, found=kind, fix=fix)
        if probes is None:
            probes = self.design.probes if self.options.observe else ()
        if probes and not self.options.observe:
            raise BadOption("probes", fix="Build the simulator with observe=True.")
        if unknown := sorted(set(probes) - set(self.design.probes)):
            raise BadOption("probes", expected=f"of {sorted(self.design.probes)}", found=unknown)
        return {id_: self.design.probes[id_] for id_ in probes}

    def _start_arguments(self, stalls: StallPattern) -> list[str]:
        if not self.options.random_start:
            return []
        seed = 1 + stalls.seed % 0x7FFFFFFF  # Verilator's range; with 0 it would choose a seed itself
        return ["+verilator+rand+reset+2", f"+verilator+seed+{seed}"]

    def _collect(
        self, space: Workspace, chunks: list[Chunk], endings: list[Ending], seconds: float
    ) -> SimRun:
        inputs, outputs = self.design.inputs, self.design.outputs
        stamps = np.concatenate([space.read_stamps(chunk) for chunk in chunks], axis=1)
        into, out = stamps[: len(inputs)], stamps[len(inputs) :]
        peaks: dict[int, int] = {}
        seen: dict[int, int] = {}
        for ending in endings:
            for id_, peak in ending.peaks.items():
                peaks[id_] = max(peak, peaks.get(id_, 0))
            for id_, what in ending.seen.items():
                seen[id_] = seen.get(id_, 0) | what
        busy = sum(ending.seconds for ending in endings)
        cycles = sum(ending.cycles for ending in endings)
        return SimRun(
            outputs={stream.name: space.read_output(stream) for stream in outputs},
            stamps={
                stream.name: Stamps(first=each[:, 0], last=each[:, 1])
                for stream, each in zip((*inputs, *outputs), stamps, strict=True)
            },
            first_in=into[:, :, 0].min(axis=0),
            last_in=into[:, :, 1].max(axis=0),
            first_out=out[:, :, 0].min(axis=0),
            last_out=out[:, :, 1].max(axis=0),
            starts=tuple(chunk.first for chunk in chunks),
            cycles=cycles,
            seconds=seconds,
            cycles_per_second=cycles / busy if busy else 0.0,
            fifo_peak=peaks,
            fifo_seen=seen,
            waited=tuple(sorted({name for ending in endings for name in ending.waited})),
            probes={id_: space.read_probe(id_) for id_ in space.probes},
        )


def _positive(what: str, value: int) -> int:
    if value < 1:
        raise BadOption(what, expected="at least 1", found=value)
    return value


def _checked_arrivals(arrivals: npt.ArrayLike, frames: int, jobs: int) -> Ints:
    times = np.asarray(arrivals)
    fits = np.issubdtype(times.dtype, np.integer) and times.shape == (frames,)
    if not fits or jobs != 1 or (times < 0).any() or (np.diff(times) < 0).any():
        expected = f"{frames} cycles that never fall, in one process"
        raise BadOption("arrivals", expected=expected, found=f"{times} in {jobs}")
    return times.astype(np.int64)
