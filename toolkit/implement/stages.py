"""The stages of the open flow, each kept in the cache under the digest of what it is made from."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from toolkit.boards import OpenFlow
from toolkit.core import tools
from toolkit.core.artifact import read_json, sha256_file, sha256_json, write_json
from toolkit.core.errors import DoesNotFit, ToolFailed
from toolkit.core.process import Command, Running, execute
from toolkit.core.progress import Progress, silent
from toolkit.core.store import Store, scratch
from toolkit.core.tools import Tool
from toolkit.families.ecp5 import plan
from toolkit.families.ecp5.configuration import Compared, compare, read
from toolkit.families.ecp5.timing import Routed, routed
from toolkit.implement import simulation

_COMPARED = "compared.json"
_FULL = re.compile(r"no BELs remaining to implement cell type '\w+'|design is probably at utilisation \w+")
"""What nextpnr says when cells are left over."""


@dataclass(frozen=True)
class Surroundings:
    """Where a flow works: its cache, the folder for logs, the time limit of each tool, whom it tells."""

    cache: Path | None
    logs: Path
    timeout_s: float | None = None
    progress: Progress = silent
    running: Running = field(default_factory=Running)


@dataclass(frozen=True)
class Kept:
    """A stage's results in the cache, and the seconds it took; 0 if it was there already."""

    folder: Path
    seconds: float

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def digest(self, name: str) -> str:
        """SHA-256 of one of the results."""
        return sha256_file(self / name)


@dataclass(frozen=True)
class Placed:
    """One seed's place and route."""

    seed: int
    kept: Kept
    routed: Routed


def synthesise(design: plan.Sources, tool: Tool, around: Surroundings) -> Kept:
    """RTL to a netlist.

    Raises:
        ToolFailed: Yosys refuses the design, or it has a latch, which is named.
        OutputPathError: the cache or the log cannot be written.
    """
    step = plan.synthesis(design, tool)
    files = {name: design.path / name for name in (*design.sources, *design.data)}
    key = [*step.key, {name: sha256_file(path) for name, path in files.items()}]

    def fill(folder: Path) -> None:
        for name in design.sources:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(files[name], folder / name)
        for name in design.data:  # the RTL names them without their folder
            shutil.copyfile(files[name], folder / Path(name).name)

    def latches(folder: Path) -> None:
        path = folder / plan.LATCHES
        found = path.read_text().split() if path.is_file() else []
        if found:
            where = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
            fix = "Assign the signal on every path of its always_comb."
            raise ToolFailed(f"synthesis of {design.top}", expected="no latch", found=where, fix=fix)

    return _kept(step, key, fill, around, refuse=latches)


def simulated(netlist: Kept, tool: Tool, around: Surroundings) -> Kept:
    """The netlist as Verilog that simulates fast."""
    step = simulation.simulated(tool)

    def fill(folder: Path) -> None:
        shutil.copyfile(netlist / plan.NETLIST, folder / plan.NETLIST)

    return _kept(step, [*step.key, netlist.digest(plan.NETLIST)], fill, around)


def place_and_route(
    netlist: Kept,
    flow: OpenFlow,
    lpf: str,
    mhz: float,
    seed: int,
    tool: Tool,
    around: Surroundings,
    advice: str = "",
) -> Placed:
    """Netlist to a configuration, with one seed.

    Args:
        advice: what to do if there is no room.

    Raises:
        DoesNotFit: there is no room.
        ToolFailed: nextpnr fails; a clock that is missed is no failure.
        ArtifactError: its report cannot be read, or no net runs at ``mhz``.
        OutputPathError: the cache or the log cannot be written.
    """
    step = plan.place_and_route(flow, lpf, mhz, seed, tool)

    def fill(folder: Path) -> None:
        shutil.copyfile(netlist / plan.NETLIST, folder / plan.NETLIST)

    def full(folder: Path) -> None:
        said = (around.logs / f"{step.name}.log").read_text(errors="replace")
        if (why := _FULL.search(said)) is not None:
            raise DoesNotFit(
                f"the design does not fit {flow.device}",
                expected="a placement",
                found=why.group(),
                fix=advice,
            )

    kept = _kept(step, [*step.key, netlist.digest(plan.NETLIST)], fill, around, refuse=full)
    log = (kept / f"{step.name}.log").read_text(errors="replace")
    return Placed(seed, kept, routed(kept / plan.REPORT, log, mhz))


def pack(placed: Placed, flow: OpenFlow, around: Surroundings) -> tuple[Kept, Compared]:
    """Configuration to a bitstream, which ecpunpack must give back as it was packed.

    Raises:
        ToolFailed: ecppack or ecpunpack fails.
        VerificationMismatch: it does not.
        NothingCompared: no bit is set.
        OutputPathError: the cache or the log cannot be written.
    """
    packer, unpacker = tools.ecppack(), tools.ecpunpack()
    step, back = plan.pack(flow, packer), plan.unpack(unpacker)

    def fill(folder: Path) -> None:
        shutil.copyfile(placed.kept / plan.CONFIGURATION, folder / plan.CONFIGURATION)

    def check(folder: Path, keep: Path) -> None:
        _execute(back, folder, around)
        packed, unpacked = read(folder / plan.CONFIGURATION), read(folder / plan.UNPACKED)
        compared = compare(packed, unpacked, tools.trellis_database(packer))
        write_json(keep / _COMPARED, asdict(compared))

    key = [*step.key, *back.key, placed.kept.digest(plan.CONFIGURATION)]
    kept = _kept(step, key, fill, around, check=check)
    return kept, Compared(**read_json(kept / _COMPARED))


def _kept(
    step: Command,
    key: list[object],
    fill: Callable[[Path], None],
    around: Surroundings,
    *,
    refuse: Callable[[Path], None] = lambda folder: None,
    check: Callable[[Path, Path], None] = lambda folder, keep: None,
) -> Kept:
    """Run a step, or take its results from the cache. The log is in ``around.logs`` either way.

    Args:
        fill: puts the input files into the folder it runs in.
        refuse: raises a better error than the tool's, if it finds a reason.
        check: looks at the results before they are kept, and may keep something itself.
    """
    log, fresh = around.logs / f"{step.name}.log", []

    def make(keep: Path) -> None:
        start = time.monotonic()
        with scratch("bitstream") as folder:
            fill(folder)
            try:
                _execute(step, folder, around)
            except ToolFailed:
                refuse(folder)
                raise
            check(folder, keep)
            for result in step.results:
                shutil.move(folder / result, keep / result)
        shutil.copyfile(log, keep / log.name)
        fresh.append(time.monotonic() - start)

    folder = Store(around.cache).get("bitstreams", sha256_json(key), make)
    if not fresh:
        shutil.copyfile(folder / log.name, log)
    return Kept(folder, fresh[0] if fresh else 0.0)


def _execute(step: Command, folder: Path, around: Surroundings) -> None:
    log = around.logs / f"{step.name}.log"
    execute(step, folder, log, timeout_s=around.timeout_s, progress=around.progress, running=around.running)
