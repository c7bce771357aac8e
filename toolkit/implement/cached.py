"""Runs the tools of a toolchain; each result is cached under the digest of everything it depends on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.boards import Board
from toolkit.core.artifact import Record, parse, sha256_file, sha256_json, write_json
from toolkit.core.contained import require_contained
from toolkit.core.errors import DoesNotFit, ToolFailed
from toolkit.core.paths import is_file
from toolkit.core.process import Command, Running, execute
from toolkit.core.progress import Progress, silent
from toolkit.core.reading import read_json
from toolkit.core.store import Store, scratch
from toolkit.families.results import Compared, Routed
from toolkit.families.toolchain import DesignSources, NetlistToolchain

_COMPARED = "compared.json"


@dataclass(frozen=True)
class BuildContext:
    """The environment in which the tools run.

    Attributes:
        board: board of the bitstream.
        cache: folder of the cache; None: Offramp's.
        logs: folder of logs.
        timeout_s: time limit of each tool, in seconds.
        progress: receiver of progress, in phases of the tools.
        running: running tools, so that they can be ended.
    """

    board: Board
    cache: Path | None
    logs: Path
    timeout_s: float | None = None
    progress: Progress = silent
    running: Running = field(default_factory=Running)

    @property
    def toolchain(self) -> NetlistToolchain[Any]:
        """Tools of the board.

        Raises:
            BadOption: they have no netlist.
        """
        return self.board.netlist_toolchain


@dataclass(frozen=True)
class CachedResult:
    """The folder of cached results, and the wall time in seconds; 0 if they were cached already."""

    folder: Path
    seconds: float

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def digest(self, name: str) -> str:
        """Return the SHA-256 of one of the results."""
        return sha256_file(self / name)


@dataclass(frozen=True)
class Placement:
    """The result of place and route with one seed."""

    seed: int
    result: CachedResult
    routed: Routed


def synthesise(design: DesignSources, context: BuildContext) -> CachedResult:
    """Synthesise RTL to a netlist.

    Raises:
        ForeignCode: a source reaches outside the design.
        ToolFailed: the tool refuses the design, or the design has latches, which the message names.
        OutputPathError: the cache or the log cannot be written.
    """
    files = {name: design.path / name for name in design.sources}
    require_contained(files.values())
    files |= {
        Path(name).name: design.path / name for name in design.data
    }  # the RTL refers to them by name alone

    def latches(folder: Path) -> None:
        if found := context.toolchain.latches(folder):
            where = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
            fix = "Assign the signal on every path of its always_comb."
            raise ToolFailed(f"synthesis of {design.top}", expected="no latch", found=where, fix=fix)

    return _cached([context.toolchain.synthesis(design)], files, context, refuse=latches)


def verilog(netlist: CachedResult, context: BuildContext) -> Path:
    """Convert a netlist to Verilog that simulates fast; return its path."""
    run = context.toolchain.verilog()
    return _cached([run], _inputs(run, netlist), context) / run.results[0]


def place_and_route(
    netlist: CachedResult, constraints: str, mhz: float, seed: int, context: BuildContext, advice: str = ""
) -> Placement:
    """Place and route a netlist with one seed.

    Args:
        netlist: result of :func:`synthesise`.
        constraints: text of the constraints file.
        mhz: clock to aim for.
        seed: seed of the placement.
        context: environment.
        advice: instruction for the case that the design does not fit.

    Raises:
        DoesNotFit: the placer finds no room.
        ToolFailed: the tool fails; a missed clock is no failure.
        ArtifactError: its report cannot be read, or no net runs at ``mhz``.
        OutputPathError: the cache or the log cannot be written.
    """
    toolchain, board = context.toolchain, context.board
    run = toolchain.place_and_route(board.table, constraints, mhz, seed)

    def full(folder: Path) -> None:
        log = (context.logs / f"{run.name}.log").read_text(errors="replace")
        if (why := toolchain.no_room(log)) is not None:
            what = f"the design does not fit {board.part}"
            raise DoesNotFit(what, expected="a placement", found=why, fix=advice)

    result = _cached([run], _inputs(run, netlist), context, refuse=full)
    log = (result / f"{run.name}.log").read_text(errors="replace")
    return Placement(seed, result, toolchain.routed(result.folder, log, mhz))


def pack(placed: Placement, netlist: CachedResult, context: BuildContext) -> tuple[CachedResult, Compared]:
    """Pack a configuration to a bitstream; unpack it again and compare both.

    Args:
        placed: result of :func:`place_and_route`.
        netlist: what was placed.
        context: environment.

    Raises:
        ToolFailed: a tool fails.
        VerificationMismatch: the unpacked configuration differs.
        NothingCompared: no bit is set.
        OutputPathError: the cache or the log cannot be written.
    """
    toolchain = context.toolchain
    runs = toolchain.pack(context.board.table)
    result = _cached(
        runs,
        _inputs(runs[0], placed.result, netlist),
        context,
        check=toolchain.compare,
        keep=(toolchain.files.bitstream,),
    )
    return result, parse(Compared, read_json(result / _COMPARED), str(result / _COMPARED))


def _inputs(run: Command, *before: CachedResult) -> dict[str, Path]:
    """Return where the inputs of a tool are: in the first result that has them."""
    return {name: next(one / name for one in before if is_file(one / name)) for name in run.inputs}


def _cached(
    runs: Sequence[Command],
    files: Mapping[str, Path],
    context: BuildContext,
    *,
    refuse: Callable[[Path], None] = lambda folder: None,
    check: Callable[[Path], Record] | None = None,
    keep: tuple[str, ...] = (),
) -> CachedResult:
    """Run tools in one folder, or take what they leave from the cache; logs are in ``context.logs``.

    Args:
        runs: commands in order; the log of the first is cached.
        files: name in the folder -> file that the first command reads.
        context: environment.
        refuse: function called when a tool fails, which raises a better error if it finds a reason.
        check: function that compares the results before they are cached; its record is cached with them.
        keep: files that are cached; empty: the results of the first command.
    """
    first, fresh = runs[0], list[float]()
    log = context.logs / f"{first.name}.log"

    def make(there: Path) -> None:
        start = time.monotonic()
        with scratch("bitstream") as folder:
            for file, source in files.items():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, folder / file)
            try:
                for run in runs:
                    execute(
                        run,
                        folder,
                        context.logs / f"{run.name}.log",
                        timeout_s=context.timeout_s,
                        progress=context.progress,
                        running=context.running,
                    )
            except ToolFailed:
                refuse(folder)
                raise
            if check is not None:
                write_json(there / _COMPARED, check(folder).model_dump(mode="json"))
            for result in keep or first.results:
                shutil.move(folder / result, there / result)
        shutil.copyfile(log, there / log.name)
        fresh.append(time.monotonic() - start)

    key = [*(run.key for run in runs), {name: sha256_file(path) for name, path in files.items()}]
    folder = Store(context.cache).get("bitstreams", sha256_json(key), make)
    if not fresh:
        shutil.copyfile(folder / log.name, log)
    return CachedResult(folder, fresh[0] if fresh else 0.0)
