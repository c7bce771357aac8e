"""Turns what Vivado says when it fails into typed errors."""

from __future__ import annotations

import re
from collections.abc import Callable

from toolkit.core.errors import (
    ClockMissed,
    DoesNotFit,
    LicenceMissing,
    OfframpError,
    ToolFailed,
    ToolMissing,
    UnsupportedPart,
    UnsupportedVersion,
    one_line,
)
from toolkit.families import of_part
from toolkit.families.block_design import REFERENCE_MHZ
from toolkit.families.vivado import MINIMUM, MOUNT
from toolkit.implement.plan import BuildPlan
from toolkit.implement.vivado.reports import Timing

Maker = Callable[[str, BuildPlan], OfframpError]


def _licence(line: str, plan: BuildPlan) -> OfframpError:
    fix = "Set XILINXD_LICENSE_FILE to the licence or its server, or build where Vivado has one."
    return LicenceMissing("licence of Vivado", expected=f"one for {plan.part}", found=line, fix=fix)


def _part(line: str, plan: BuildPlan) -> OfframpError:
    fix = "Add the device family to the installation of Vivado (its installer: add design tools or devices)."
    return UnsupportedPart("part of the board", expected=f"a Vivado with {plan.part}", found=line, fix=fix)


def _version(line: str, plan: BuildPlan) -> OfframpError:
    return UnsupportedVersion("Vivado is too old", expected=f">= {MINIMUM}", found=line, fix=MOUNT)


def _missing(line: str, plan: BuildPlan) -> OfframpError:
    return ToolMissing("Vivado is missing", expected="its command", found=line, fix=MOUNT)


def _size(line: str, plan: BuildPlan) -> OfframpError:
    fix = "Fold more: fewer look-up tables with --luts, or more cycles per frame with --cycles."
    return DoesNotFit(f"the design does not fit {plan.part}", expected="a placement", found=line, fix=fix)


def _timing(line: str, plan: BuildPlan) -> OfframpError:
    return ClockMissed("clock after place and route", expected=f"{plan.clock_mhz:g} MHz", found=line)


_KNOWN: tuple[tuple[str, Maker], ...] = (
    (r"\[Offramp missing\]", _missing),
    (r"\[Offramp version\]", _version),
    (r"\[Offramp part\]|\[Coretcl 2-106\]", _part),
    (
        r"\[Common 17-345\]|licen[sc]e was not found|[Ff]ailed to (get|check ?out) (a|the) licen[sc]e",
        _licence,
    ),
    (r"\[Place 30-(640|487)\]|\[DRC UTLZ-\d+\]", _size),
    (r"\[Offramp timing\]", _timing),
)
"""Pattern of a line of Vivado's output -> the error it means; the first that is found counts."""
_TROUBLE = re.compile(
    r"^(ERROR: .*|Abnormal program termination.*|.*[Ss]egmentation fault.*|.*\bKilled\b.*)$", re.M
)
_SHOWN = 3


def failure(said: str, plan: BuildPlan, timing: Timing | None, log: str) -> OfframpError:
    """Return the error that the output of a failed build means.

    Args:
        said: what the plan's script printed.
        plan: the plan.
        timing: timing report, if the build came so far.
        log: where the whole output is, for the message.
    """
    if timing is not None and not timing.slack.met:
        return missed(plan, timing)
    for pattern, make in _KNOWN:
        if found := re.search(rf"^.*({pattern}).*$", said, re.M):
            return make(one_line(found.group()), plan)
    other = [line for line in said.splitlines() if line.strip() and not line.startswith("offramp: ")]
    lines = [one_line(line) for line in _TROUBLE.findall(said) or other[-_SHOWN:]] or ["it said nothing"]
    last = re.findall(r"^offramp: (\w+) failed with (.*)$", said, re.M)
    what = f"step {last[-1][0]} of Vivado" if last else "Vivado"
    ending = f"{last[-1][1]}: " if last else ""
    return ToolFailed(
        what,
        expected="its results",
        found=ending + " | ".join(lines[:_SHOWN]),
        fix=f"The whole log is {log}.",
    )


def missed(plan: BuildPlan, timing: Timing) -> ClockMissed:
    """Return the error for a design that does not keep its clock, with slack and slowest path."""
    slack, path = timing.slack, timing.routed.path
    reached = timing.routed.clock.reached_mhz
    known = of_part(plan.part).toolchains[plan.tool].clocks(REFERENCE_MHZ)
    lower = max((clock.mhz for clock in known if clock.mhz <= reached), default=None)
    worst = {"setup": slack.setup, "hold": slack.hold, "pulse width": slack.pulse}
    found = ", ".join(f"{name} slack {ns:.3f} ns" for name, ns in worst.items() if ns < 0)
    slower = ""
    if slack.setup < 0:
        slower = f"Ask for {lower:g} MHz (--clock-mhz {lower:g}), or fold less. " if lower else "Fold less. "
    return ClockMissed(
        "clock after place and route",
        expected=f"{plan.clock_mhz:g} MHz",
        found=f"{found}; {reached:.1f} MHz",
        fix=f"{slower}The slowest path is from {path.source} to {path.sink}: "
        f"{path.logic_ns:.1f} ns logic, {path.routing_ns:.1f} ns wires.",
    )
