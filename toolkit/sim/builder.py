"""Compiles a design to a simulator, cached by digest."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from toolkit.core.errors import BadOption
from toolkit.core.store import Store
from toolkit.core.stream import Stream
from toolkit.sim import plan
from toolkit.sim.design import RtlDesign
from toolkit.sim.options import BuildOptions, Trace
from toolkit.sim.simulator import Simulator
from toolkit.sim.stored import KIND as RUNS
from toolkit.sim.stored import MOST_BYTES
from toolkit.sim.toolchain import Toolchain

EXECUTABLE = "simulate"
KIND = "simulators"
"""Kind of these entries in the store."""
_SMALL = 200_000  # bytes of generated C++ that a single compiler process handles
_PORT = re.compile(r"\bVL_(?P<side>IN|OUT)(?:8|16|64|W)?\(&(?P<name>\w+),(?P<high>\d+),(?P<low>\d+)")


def build(
    design: RtlDesign,
    *,
    cache_dir: Path | None = None,
    observe: bool = False,
    stall_inside: bool = False,
    trace: Trace | None = None,
    random_start: bool = False,
    quick: bool = False,
    stored: bool = False,
    cut: bool = False,
    jobs: int | None = None,
) -> Simulator:
    """Compile a design for simulation, or take it from the cache.

    Args:
        design: sources and streams.
        cache_dir: folder for compiled simulators; by default Offramp's cache folder.
        observe: whether the queues between layers report their words and levels.
        stall_inside: whether these queues can be stalled.
        trace: format that ``run(trace_file=...)`` can record; slower even if nothing is recorded.
        random_start: whether registers without reset start with random bits instead of zeros.
        quick: compile in half the time to a simulation of half the speed, for runs of few cycles.
        stored: whether runs without a trace file are cached in the store.
        cut: whether the design is cut at its queues, for :func:`toolkit.sim.cut.run_cut`.
        jobs: number of compiler processes; ``None``: one per CPU.

    Raises:
        ToolMissing, UnsupportedVersion: a tool is not installed, or too old.
        ToolFailed: Verilator or the compiler refuses the design.
        BadOption: there is no input or no output, or the ports of the top module do not match the streams.
    """
    if not design.inputs or not design.outputs:
        raise BadOption(f"ports of {design.top}", expected="at least one input and one output stream")
    options = BuildOptions(observe, stall_inside, trace, random_start, quick, cut)
    tools = Toolchain.found()
    digest = plan.design_digest(design, options, tools.identity)
    store = Store(cache_dir)
    work = _Work(design, options, tools, store, jobs or len(os.sched_getaffinity(0)))
    folder = store.get(KIND, digest, work.make_simulator)
    if stored:
        store.trim(RUNS, MOST_BYTES)
    return Simulator(design, options, digest, folder / EXECUTABLE, store if stored else None)


class _Work:
    """The state of one build."""

    def __init__(
        self, design: RtlDesign, options: BuildOptions, tools: Toolchain, store: Store, jobs: int
    ) -> None:
        self.design, self.options, self.tools = design, options, tools
        self.store, self.jobs = store, jobs

    def make_simulator(self, folder: Path) -> None:
        """Build the executable in an entry of the store."""
        self.tools.verilate(self.design, self.options, folder)
        check_ports(self.design, (folder / f"{plan.PREFIX}.h").read_text())
        digest = plan.runtime_digest(self.options, self.tools.identity)
        runtime = self.store.get(KIND, digest, self._make_runtime)
        (folder / "ports.cpp").write_text(plan.render_ports(self.design))
        speed = plan.Speed.QUICK if self.options.quick else plan.Speed.CYCLE
        objects = self._compile(divide(sorted(folder.glob("*.cpp")), self.jobs, speed), folder)
        self.tools.link([*objects, *sorted(runtime.glob("*.o"))], folder / EXECUTABLE, self.options)
        for file in folder.iterdir():
            if file.name != EXECUTABLE:
                file.unlink()

    def _make_runtime(self, folder: Path) -> None:
        self._compile(plan.runtime_sources(self.options, self.tools.verilator.root), folder)

    def _compile(self, units: Mapping[str, tuple[list[Path], plan.Speed]], folder: Path) -> list[Path]:
        sources = []
        for name, (files, speed) in units.items():
            unit = folder / f"{name}.cc"
            unit.write_text("".join(f'#include "{file}"\n' for file in files))
            sources.append((unit, speed))
        return self.tools.compile(sources, self.options, folder, self.jobs)


def divide(
    files: list[Path], jobs: int, speed: plan.Speed = plan.Speed.CYCLE
) -> dict[str, tuple[list[Path], plan.Speed]]:
    """Group Verilator's files into few units, since each costs two seconds for the headers they all include.

    Large designs are divided by size for ``jobs`` compilers; code that runs only once gets its own unit.
    """
    size = {file: file.stat().st_size for file in files}
    if sum(size.values()) < _SMALL:
        return {"all": (files, speed)}
    once = [file for file in files if re.search(r"__(Slow|Syms|ConstPool)", file.name)]
    bins: list[list[Path]] = [[] for _ in range(jobs)]
    for file in sorted(set(files) - set(once), key=lambda file: (-size[file], file.name)):
        min(bins, key=lambda there: sum(size[other] for other in there)).append(file)
    cycle = {f"cycle{i}": (there, speed) for i, there in enumerate(bins) if there}
    return {**cycle, "once": (once, plan.Speed.ONCE)}


def check_ports(design: RtlDesign, header: str) -> None:
    """Check the ports in the header of the Verilated class against the streams.

    Raises:
        BadOption: a port is missing or has another direction or width.
    """
    found = {
        match["name"]: (match["side"], int(match["high"]) - int(match["low"]) + 1)
        for match in _PORT.finditer(header)
    }
    wanted = {"ap_clk": ("IN", 1), "ap_rst_n": ("IN", 1)}
    for streams, ahead, back in ((design.inputs, "IN", "OUT"), (design.outputs, "OUT", "IN")):
        for stream in streams:
            wanted |= _stream_ports(stream, ahead, back)
    for name, (side, bits) in wanted.items():
        if found.get(name) != (side, bits):
            raise BadOption(
                f"port {name} of module {design.top}",
                expected=_port_words(side, bits),
                found=_port_words(*found[name]) if name in found else "no such port",
            )
    unknown = sorted(name for name in found if name not in wanted and name.endswith("_tvalid"))
    if unknown:
        raise BadOption(f"streams of module {design.top}", expected="all of them named", found=unknown)


def _port_words(side: str, bits: int) -> str:
    return f"{side.lower()}put of {bits} bits"


def _stream_ports(stream: Stream, ahead: str, back: str) -> dict[str, tuple[str, int]]:
    return {
        f"{stream.name}_tdata": (ahead, stream.tdata_bits),
        f"{stream.name}_tvalid": (ahead, 1),
        f"{stream.name}_tready": (back, 1),
    }
