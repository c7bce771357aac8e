"""Compiles a design to a simulator, once per digest."""

from __future__ import annotations

import os
import re
from pathlib import Path

from toolkit.errors import BadOption
from toolkit.sim import cache, plan
from toolkit.sim.design import RtlDesign, Stream
from toolkit.sim.plan import BuildOptions, Trace
from toolkit.sim.simulator import Simulator
from toolkit.sim.toolchain import Toolchain

EXECUTABLE = "simulate"
_PORT = re.compile(r"\bVL_(?P<side>IN|OUT)(?:8|16|64|W)?\(&(?P<name>\w+),(?P<high>\d+),(?P<low>\d+)")


def build(
    design: RtlDesign,
    *,
    cache_dir: Path,
    observe: bool = False,
    stall_inside: bool = False,
    trace: Trace | None = None,
    random_start: bool = False,
    jobs: int | None = None,
) -> Simulator:
    """Compile a design for simulation, or take it from the cache.

    Args:
        cache_dir: folder of compiled simulators; several processes may share it.
        observe: the FIFOs between layers tell their words and levels (``OFFRAMP_OBSERVE``).
        stall_inside: they can be stalled (``OFFRAMP_STALL_INSIDE``).
        trace: what ``run(trace_file=...)`` can record. Costs speed even if nothing is recorded.
        random_start: registers that no reset reaches start with random bits, not zeros.
        jobs: compiler processes at a time; ``None``: one per CPU.

    Raises:
        ToolMissing, UnsupportedVersion: the tools.
        ToolFailed: Verilator or the compiler refuses the design.
        BadOption: the top module does not have the ports of its streams.
    """
    options = BuildOptions(observe, stall_inside, trace, random_start)
    tools = Toolchain.found()
    digest = plan.design_digest(design, options, tools.identity)
    work = _Work(design, options, tools, cache_dir, jobs or len(os.sched_getaffinity(0)))
    folder = cache.entry(cache_dir, digest, work.make_simulator)
    return Simulator(design, options, digest, folder / EXECUTABLE)


class _Work:
    """One build: what its steps share."""

    def __init__(
        self, design: RtlDesign, options: BuildOptions, tools: Toolchain, cache_dir: Path, jobs: int
    ) -> None:
        self.design, self.options, self.tools = design, options, tools
        self.cache_dir, self.jobs = cache_dir, jobs

    def make_simulator(self, folder: Path) -> None:
        """Fill a cache entry: the executable and the log of its making."""
        digest = plan.runtime_digest(self.options, self.tools.identity)
        runtime = cache.entry(self.cache_dir, digest, self._make_runtime)
        self.tools.verilate(self.design, self.options, folder)
        check_ports(self.design, (folder / f"{plan.PREFIX}.h").read_text())
        (folder / "ports.cpp").write_text(plan.render_ports(self.design))
        objects = self.tools.compile(_united(folder, self.jobs), self.options, folder, self.jobs)
        self.tools.link([*objects, *sorted(runtime.glob("*.o"))], folder / EXECUTABLE, self.options)
        for file in folder.iterdir():
            if file.name not in (EXECUTABLE, "build.log"):
                file.unlink()

    def _make_runtime(self, folder: Path) -> None:
        sources = plan.runtime_sources(self.options, self.tools.verilator.root)
        self.tools.compile(sources, self.options, folder, self.jobs)


def _united(folder: Path, groups: int) -> list[tuple[Path, plan.Speed]]:
    """Gather Verilator's files into ``groups`` of about equal size for the fast code and one for the rest.

    Every file includes the same large headers, so few files compile faster than many.
    """
    slow: list[Path] = []
    fast: list[Path] = []
    for file in sorted(folder.glob("*.cpp")):
        (slow if re.search(r"__(Slow|Syms|ConstPool)", file.name) else fast).append(file)
    bins: list[list[Path]] = [[] for _ in range(groups)]
    for file in sorted(fast, key=lambda path: -path.stat().st_size):
        min(bins, key=lambda files: sum(path.stat().st_size for path in files)).append(file)
    united = []
    for name, files in (*((f"fast{i}", files) for i, files in enumerate(bins)), ("slow", slow)):
        if files:
            target = folder / f"{name}.cc"
            target.write_text("".join(f'#include "{file.name}"\n' for file in files))
            united.append((target, plan.Speed.ONCE if name == "slow" else plan.Speed.CYCLE))
    return united


def check_ports(design: RtlDesign, header: str) -> None:
    """Compare the ports in the header of the Verilated class with the streams.

    Raises:
        BadOption: a port is missing, points the other way or has another width.
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
