"""Builds a bitstream from RTL: synthesis, place and route, packing, and unpacking to compare."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.boards import Board
from toolkit.core.artifact import sha256_file, write_bytes
from toolkit.core.env import settings
from toolkit.core.errors import BadOption, ClockMissed, DoesNotFit, OutputPathError
from toolkit.core.process import side_by_side
from toolkit.core.progress import Progress, silent
from toolkit.families import family
from toolkit.families.toolchain import DRIVEN, DesignSources, SystemClock
from toolkit.implement import cached
from toolkit.implement.bitstream import NETLIST, Bitstream
from toolkit.implement.cached import BuildContext, CachedResult, Placement
from toolkit.implement.clocks import next_below, offered
from toolkit.links import chip_side


@dataclass(frozen=True)
class _Attempt:
    """A system at one clock, placed and routed with every seed."""

    design: DesignSources
    clock: SystemClock
    netlist: CachedResult
    placed: tuple[Placement, ...]

    @property
    def best(self) -> Placement:
        """Placement with the fastest clock; the first of equal ones."""
        return max(self.placed, key=lambda one: one.routed.clock.reached_mhz)


def build_bitstream(
    make_system: Callable[[SystemClock], DesignSources],
    board: Board,
    clock: SystemClock,
    out: Path,
    *,
    seeds: int = 1,
    require_clock: bool = False,
    advice: str = "",
    cache_dir: Path | None = None,
    timeout_s: float | None = None,
    progress: Progress = silent,
) -> Bitstream:
    """Build a bitstream.

    A missed clock is lowered to the fastest one offered that was reached, and the system is made again for
    it, until a clock is met. The result is reported even if the slowest one is missed, too.

    Args:
        make_system: function that makes the system for a clock; called again for a lower one.
        board: board, which must be a target.
        clock: clock, one of :func:`toolkit.implement.clocks.offered`.
        out: folder for the bitstream, its reports and logs; created if it does not exist.
        seeds: number of placements; they run in parallel, and the fastest is taken.
        require_clock: whether a missed clock is an error.
        advice: instruction if the design does not fit, such as the nearest folding that does.
        cache_dir: folder of the cache; by default Offramp's.
        timeout_s: time limit of each tool, in seconds.
        progress: receiver of progress, in phases of the tools.

    Raises:
        BadOption: the board is no target, or ``seeds`` is below 1.
        ToolMissing, ToolFailed: a tool is not installed, or fails; its log stays in ``out``.
        PinMismatch: the ports of the design and the pins of the board do not match.
        DoesNotFit: the part is too small.
        ClockMissed: the clock is missed, with ``require_clock``.
        VerificationMismatch, NothingCompared: the unpacked bitstream differs from the configuration.
        OutputPathError: ``out`` or the cache cannot be written.
    """
    clocks = offered(board)
    if seeds < 1:
        raise BadOption("--seeds", expected="1 or more", found=seeds)
    _prepare(out, board)
    context = BuildContext(board, cache_dir, out, timeout_s, progress)
    attempts: list[_Attempt] = []
    asked: SystemClock | None = clock
    while asked is not None:  # ends: each clock is slower than the one before
        attempts.append(_attempt(make_system(asked), asked, seeds, advice, context))
        best = attempts[-1].best
        if best.routed.met:
            break
        lower = next_below(clocks, asked, best.routed.clock.reached_mhz)
        if require_clock:
            raise _missed(asked, best, lower)
        asked = lower
    return _finish(attempts, context)


def _prepare(out: Path, board: Board) -> None:
    """Create the folder; without its description, an older bitstream in it does not count as finished."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / Bitstream.FILE).unlink(missing_ok=True)
        write_bytes(out / board.netlist_toolchain.files.constraints, b"")
    except OSError as problem:
        raise OutputPathError(
            f"folder {out} for the bitstream", expected="one that can be written", found=problem.strerror
        ) from problem


def _attempt(
    design: DesignSources, clock: SystemClock, seeds: int, advice: str, context: BuildContext
) -> _Attempt:
    board, toolchain = context.board, context.toolchain
    netlist = cached.synthesise(design, context)
    check_fit(toolchain.needs(netlist.folder), board, advice)
    outputs = (*DRIVEN, *chip_side(board).outputs)
    text = toolchain.constraints(board.name, board.table, netlist.folder, design.top, outputs)
    write_bytes(context.logs / toolchain.files.constraints, text.encode())

    def place(seed: int) -> Placement:
        return cached.place_and_route(netlist, text, clock.mhz, seed, context, advice)

    placed = side_by_side(place, range(1, seeds + 1), settings().jobs, context.running)
    return _Attempt(design, clock, netlist, tuple(placed))


def check_fit(needs: dict[str, int], board: Board, advice: str = "") -> None:
    """Refuse a netlist that is larger than the part, before hours are spent on placing it.

    Args:
        needs: resource -> amount, by the fields of :class:`toolkit.families.resources.ResourceNames`.
        board: board with the part.
        advice: instruction for the message, such as the nearest folding that fits.

    Raises:
        DoesNotFit: the part is too small; names each resource and the excess.
    """
    names, has = family(board.family).names._asdict(), board.resources.amounts
    over = [f"{n} {names[key].long} ({n - has[key]} too many)" for key, n in needs.items() if n > has[key]]
    if over:
        expected = ", ".join(f"at most {has[key]} {name.long}" for key, name in names.items())
        what = f"the design does not fit {board.part}"
        raise DoesNotFit(what, expected=expected, found=", ".join(over), fix=advice)


def _missed(clock: SystemClock, best: Placement, lower: SystemClock | None) -> ClockMissed:
    path = best.routed.path
    fix = f"Ask for {lower.mhz:g} MHz, or fold less. " if lower is not None else ""
    return ClockMissed(
        "clock after place and route",
        expected=f"{clock.mhz:g} MHz",
        found=f"{best.routed.clock.reached_mhz:.1f} MHz",
        fix=f"{fix}The slowest path is from {path.source} to {path.sink}: "
        f"{path.logic_ns:.1f} ns logic, {path.routing_ns:.1f} ns wires.",
    )


def _finish(attempts: Sequence[_Attempt], context: BuildContext) -> Bitstream:
    """Pack the last attempt's best placement and describe it."""
    attempt, out, board, files = attempts[-1], context.logs, context.board, context.toolchain.files
    best = attempt.best
    packed, compared = cached.pack(best, attempt.netlist, context)
    file = f"{board.name}{Path(files.bitstream).suffix}"
    for source, name in (
        (packed / files.bitstream, file),
        (best.result / files.report, files.report),
        (cached.verilog(attempt.netlist, context), NETLIST),
    ):
        shutil.copyfile(source, out / f".{name}")
        (out / f".{name}").replace(out / name)
    for name, content in context.toolchain.beside(board.table, out / file).items():
        write_bytes(out / name, content)
    versions = {tool.name: tool.version for tool in context.toolchain.tools()}
    placer, remark = context.toolchain.placer, context.toolchain.remark
    bitstream = Bitstream(
        path=out,
        file=file,
        board=board.name,
        part=board.part,
        asked_mhz=attempts[0].clock.mhz,
        mhz=attempt.clock.mhz,
        missed={f"{one.clock.mhz:g}": one.best.routed.clock.reached_mhz for one in attempts[:-1]},
        routed=best.routed,
        seed=best.seed,
        seeds={str(one.seed): one.routed.clock.reached_mhz for one in attempt.placed},
        tools=versions,
        provenance=", ".join(filter(None, (f"place and route ({placer} {versions[placer]})", remark))),
        compared=compared,
        digests={
            "system": attempt.design.digest,
            "netlist": attempt.netlist.digest(files.netlist),
            "constraints": sha256_file(out / files.constraints),
            "configuration": best.result.digest(files.configuration),
            "bitstream": packed.digest(files.bitstream),
        },
        seconds={
            "synthesis": sum(one.netlist.seconds for one in attempts),
            "place and route": sum(placed.result.seconds for one in attempts for placed in one.placed),
            "pack": packed.seconds,
        },
    )
    bitstream.save(out)
    return bitstream
