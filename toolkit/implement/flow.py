"""From RTL to a bitstream, with open tools: synthesis, place and route, pack, and back again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.boards import Board, OpenFlow
from toolkit.core import tools
from toolkit.core.artifact import sha256_file, write_bytes
from toolkit.core.env import settings
from toolkit.core.errors import BadOption, ClockMissed, OutputPathError
from toolkit.core.process import side_by_side
from toolkit.core.progress import Progress, silent
from toolkit.families.ecp5 import plan
from toolkit.families.ecp5.constraints import lpf, ports
from toolkit.families.ecp5.netlist import cells, check_fit
from toolkit.families.ecp5.pll import Pll, next_below, rung
from toolkit.families.ecp5.trellis import sites
from toolkit.implement import stages
from toolkit.implement.bitstream import DESCRIPTION, Bitstream
from toolkit.implement.simulation import SIMULATED
from toolkit.implement.stages import Kept, Placed, Surroundings

PROVENANCE = "place and route (nextpnr-ecp5 {version})"


@dataclass(frozen=True)
class _Attempt:
    """A system at one clock, placed and routed with every seed."""

    design: plan.Sources
    pll: Pll
    netlist: Kept
    placed: tuple[Placed, ...]

    @property
    def best(self) -> Placed:
        """The seed with the fastest clock; of two alike the first."""
        return max(self.placed, key=lambda one: one.routed.clock.reached_mhz)


def build_bitstream(
    make_system: Callable[[Pll], plan.Sources],
    board: Board,
    mhz: float,
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

    A clock that is missed is lowered once: to the next one offered, or further down to what was reached; the
    system is made again for it. What is reached then is reported, even if it is missed again.

    Args:
        make_system: makes the system for a clock; called again for a lower one.
        board: one with an open flow.
        mhz: the clock, one of :func:`toolkit.families.ecp5.pll.ladder`.
        out: folder for the bitstream, its reports and the logs; made if it is not there.
        seeds: placements tried, as many at a time as there are jobs; the fastest is taken.
        require_clock: a missed clock is an error.
        advice: what to do if it does not fit, such as the nearest folding that does.
        cache_dir: results are kept there; by default in Offramp's cache folder.
        timeout_s: seconds for each tool.
        progress: told of each tool's phases.

    Raises:
        BadOption: the board has no open flow, the clock is not offered, or no seed.
        ToolMissing, ToolFailed: a tool is not there, or fails; its log stays in ``out``.
        PinMismatch: ports and pins do not fit each other.
        DoesNotFit: the part is too small.
        ClockMissed: with ``require_clock``.
        VerificationMismatch, NothingCompared: the bitstream is not what was packed.
        OutputPathError: ``out`` or the cache cannot be written.
    """
    flow = board.open_flow
    if flow is None:
        raise BadOption(f"board {board.name}", expected="one that the open tools build for", found=board.part)
    if seeds < 1:
        raise BadOption("--seeds", expected="1 or more", found=seeds)
    pll = rung(flow.clock.mhz, mhz)
    _prepare(out)
    around = Surroundings(cache_dir, out, timeout_s, progress)
    attempts = [_attempt(make_system(pll), pll, board, flow, seeds, advice, around)]
    best = attempts[0].best
    if not best.routed.met:
        lower = next_below(pll, best.routed.clock.reached_mhz)
        if require_clock:
            raise _missed(mhz, best, lower)
        if lower is not None:
            attempts.append(_attempt(make_system(lower), lower, board, flow, seeds, advice, around))
    return _finish(attempts, board, flow, around)


def _prepare(out: Path) -> None:
    """Make the folder; one with an old description holds no finished bitstream from here on."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / DESCRIPTION).unlink(missing_ok=True)
        write_bytes(out / plan.CONSTRAINTS, b"")
    except OSError as problem:
        raise OutputPathError(
            f"folder {out} for the bitstream", expected="one that can be written", found=problem.strerror
        ) from problem


def _attempt(
    design: plan.Sources,
    pll: Pll,
    board: Board,
    flow: OpenFlow,
    seeds: int,
    advice: str,
    around: Surroundings,
) -> _Attempt:
    netlist = stages.synthesise(design, tools.yosys(), around)
    check_fit(cells(netlist / plan.STAT), board.part, board.resources, advice)
    known = sites(tools.trellis_database(tools.ecppack()), flow.device, flow.package)
    text = lpf(board.name, flow, ports(netlist / plan.NETLIST, design.top), known)
    write_bytes(around.logs / plan.CONSTRAINTS, text.encode())
    tool = tools.nextpnr_ecp5()

    def place(seed: int) -> Placed:
        return stages.place_and_route(netlist, flow, text, pll.mhz, seed, tool, around, advice)

    placed = side_by_side(place, range(1, seeds + 1), settings().jobs, around.running)
    return _Attempt(design, pll, netlist, tuple(placed))


def _missed(mhz: float, best: Placed, lower: Pll | None) -> ClockMissed:
    path = best.routed.path
    fix = f"Ask for {lower.mhz:g} MHz, or fold less. " if lower is not None else ""
    return ClockMissed(
        "clock after place and route",
        expected=f"{mhz:g} MHz",
        found=f"{best.routed.clock.reached_mhz:.1f} MHz",
        fix=f"{fix}The slowest path is from {path.source} to {path.sink}: "
        f"{path.logic_ns:.1f} ns logic, {path.routing_ns:.1f} ns wires.",
    )


def _finish(attempts: Sequence[_Attempt], board: Board, flow: OpenFlow, around: Surroundings) -> Bitstream:
    """Pack the last attempt's best placement and describe it."""
    attempt, out = attempts[-1], around.logs
    best = attempt.best
    packed, compared = stages.pack(best, flow, around)
    file = f"{board.name}.bit"
    for source, name in (
        (packed / plan.BITSTREAM, file),
        (best.kept / plan.REPORT, plan.REPORT),
        (stages.simulated(attempt.netlist, tools.yosys(), around) / SIMULATED, plan.VERILOG),
    ):
        shutil.copyfile(source, out / f".{name}")
        (out / f".{name}").replace(out / name)
    versions = {tool.name: tool.version for tool in (tools.yosys(), tools.nextpnr_ecp5(), tools.ecppack())}
    digests = {
        "system": attempt.design.digest,
        "netlist": attempt.netlist.digest(plan.NETLIST),
        "constraints": sha256_file(out / plan.CONSTRAINTS),
        "configuration": best.kept.digest(plan.CONFIGURATION),
        "bitstream": packed.digest(plan.BITSTREAM),
    }
    seconds = {
        "synthesis": sum(one.netlist.seconds for one in attempts),
        "place and route": sum(placed.kept.seconds for one in attempts for placed in one.placed),
        "pack": packed.seconds,
    }
    bitstream = Bitstream(
        path=out,
        file=file,
        board=board.name,
        part=board.part,
        asked_mhz=attempts[0].pll.mhz,
        mhz=attempt.pll.mhz,
        missed={f"{one.pll.mhz:g}": one.best.routed.clock.reached_mhz for one in attempts[:-1]},
        routed=best.routed,
        seed=best.seed,
        seeds={str(one.seed): one.routed.clock.reached_mhz for one in attempt.placed},
        tools=versions,
        provenance=PROVENANCE.format(version=versions["nextpnr-ecp5"]),
        compared=compared,
        digests=digests,
        seconds=seconds,
    )
    bitstream.save()
    return bitstream
