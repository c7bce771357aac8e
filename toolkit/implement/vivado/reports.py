"""Reads Vivado's reports of utilisation and timing (``report_utilization``, ``report_timing_summary``)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from toolkit.core.artifact import Record, parse
from toolkit.core.errors import ArtifactError
from toolkit.core.numerals import real
from toolkit.core.reading import reading
from toolkit.families.amd import AmdFamily
from toolkit.families.results import CriticalPath, ResourceUse, Routed, RoutedClock

_LUT, _FF, _BRAM, _DSP = (name.key for name in AmdFamily.names)
_SITES = {
    "Slice LUTs": (_LUT, 1),
    "CLB LUTs": (_LUT, 1),
    "Slice Registers": (_FF, 1),
    "CLB Registers": (_FF, 1),
    "Block RAM Tile": (_BRAM, 2),  # a tile has 36 Kb; half of one is a block RAM of 18 Kb
    "DSPs": (_DSP, 1),
}
"""Site type of the report -> resource, and how many of it one site has."""

_CLOCK = re.compile(r"\s*(\S+)\s+\{[\d. ]+\}\s+(\d+\.\d+)\s+\d+\.\d+\s*$")
_COLUMNS = (
    12  # of a summary: worst and total slack, endpoints that fail and all, of setup, hold and pulse width
)
_PATH = re.compile(
    r"Slack \((?:MET|VIOLATED)\)\s*:\s*(?P<slack>-?\d+\.\d+)ns\s+\(required time - arrival time\)\s*\n"
    r"\s*Source:\s*(?P<source>\S+).*?\n"
    r"\s*Destination:\s*(?P<sink>\S+).*?\n"
    r"\s*Data Path Delay:[^\n]*\(logic (?P<logic>\d+\.\d+)ns[^\n]*route (?P<route>\d+\.\d+)ns",
    re.DOTALL,
)
_NEAR = 0.001
"""Share by which the clock may differ from what was asked for: the processor's is not exact."""


class Slack(Record):
    """The worst slack in ns of setup, hold and pulse width; below 0 the design may fail."""

    setup: float
    hold: float
    pulse: float

    @property
    def met(self) -> bool:
        """Whether all of them are kept."""
        return min(self.setup, self.hold, self.pulse) >= 0


class Timing(Record):
    """A timing summary: slack, clocks that were reached, slowest path."""

    slack: Slack
    routed: Routed


def read_utilisation(path: Path) -> dict[str, ResourceUse]:
    """Read the text of ``report_utilization``: use by the names of the family.

    Raises:
        ArtifactError: the file is missing or damaged, or lacks a resource.
    """
    what = f"utilisation report {path}"
    with reading(what, "the text of report_utilization"):
        text = path.read_text(encoding="utf-8", errors="replace")
        found: dict[str, ResourceUse] = {}
        for site, used, available in _sites(text):
            if site in _SITES and _SITES[site][0] not in found:
                name, each = _SITES[site]
                counts = {"used": math.ceil(used * each), "available": round(available * each)}
                found[name] = parse(ResourceUse, counts, f"{what}: {site}")
    if missing := [name.long for name in AmdFamily.names if name.key not in found]:
        raise ArtifactError(what, expected=f"the number of {missing[0]}", found="none")
    return found


def tool_version(path: Path) -> str:
    """Return the version of Vivado that wrote a report.

    Raises:
        ArtifactError: the report is missing, or does not say it.
    """
    with reading(f"report {path}", "a report of Vivado"):
        found = re.search(r"Vivado v\.?(\d+\.\d+)", path.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        raise ArtifactError(f"report {path}", expected="the version of Vivado", found="none")
    return found[1]


def _sites(text: str) -> Iterator[tuple[str, float, float]]:
    """Yield site type, used and available number of every row of the tables."""
    used = available = None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0] == "Site Type":
            used, available = (cells.index(name) if name in cells else None for name in ("Used", "Available"))
        elif used and available and len(cells) > max(used, available):
            numbers = [cells[at].lstrip("<") for at in (used, available)]
            if all(re.fullmatch(r"\d+(\.\d+)?", number) for number in numbers):
                yield cells[0].rstrip("*"), real(numbers[0]), real(numbers[1])


def read_timing(path: Path, mhz: float, use: Mapping[str, ResourceUse]) -> Timing:
    """Read the text of ``report_timing_summary``.

    Args:
        path: file.
        mhz: clock that was asked for.
        use: utilisation of the same design.

    Raises:
        ArtifactError: the file is missing or damaged, nothing is constrained, or no clock is ``mhz``.
    """
    what = f"timing report {path}"
    with reading(what, "the text of report_timing_summary"):
        text = path.read_text(encoding="utf-8", errors="replace")
        rows = [
            words
            for line in _section(text, "Design Timing Summary")
            if len(words := line.split()) == _COLUMNS
        ]
        if not rows or "NA" in (slacks := rows[-1][::4]):
            raise ArtifactError(what, expected="a summary of constrained paths", found="none")
        setup, hold, pulse = map(real, slacks)
        clocks = _clocks(text)
        near = [one for one in clocks if abs(one.wanted_mhz - mhz) <= mhz * _NEAR]
        if not near:
            known = ", ".join(f"{one.net} at {one.wanted_mhz:g} MHz" for one in clocks) or "no clock"
            raise ArtifactError(f"clocks in {what}", expected=f"one of {mhz:g} MHz", found=known)
        routed = Routed(
            clock=min(near, key=lambda one: one.reached_mhz),
            clocks=clocks,
            path=_slowest(text, what),
            use=use,
        )
        return Timing(slack=Slack(setup=setup, hold=hold, pulse=pulse), routed=routed)


def _section(text: str, title: str) -> list[str]:
    """Return the lines below a title in a box, up to the next box."""
    return text.partition(f"| {title}\n")[2].partition("\n| ")[0].splitlines()


def _clocks(text: str) -> tuple[RoutedClock, ...]:
    """Return the clocks between whose registers there are paths."""
    rows = [
        words for line in _section(text, "Intra Clock Table") if len(words := line.split()) == _COLUMNS + 1
    ]
    slacks = {name: real(worst) for name, worst, *_ in rows if re.fullmatch(r"-?\d+\.\d+", worst)}
    found = (_CLOCK.match(line) for line in _section(text, "Clock Summary"))
    periods = {one[1]: real(one[2]) for one in found if one is not None}
    return tuple(
        RoutedClock(net=name, wanted_mhz=1000 / period, reached_mhz=1000 / (period - slacks[name]))
        for name, period in periods.items()
        if name in slacks
    )


def _slowest(text: str, what: str) -> CriticalPath:
    paths = [found.groupdict() for found in _PATH.finditer(text)]
    if not paths:
        raise ArtifactError(what, expected="a path with its slack", found="none")
    worst = min(paths, key=lambda one: real(one["slack"]))
    return CriticalPath(
        source=worst["source"],
        sink=worst["sink"],
        logic_ns=real(worst["logic"]),
        routing_ns=real(worst["route"]),
    )
