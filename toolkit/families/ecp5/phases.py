"""What a tool is doing now, from a line of its log."""

from __future__ import annotations

import re

_YOSYS = {
    "SLANG": "reading",
    "SYNTH_LATTICE": "coarse synthesis",
    "SYNTH_ECP5": "coarse synthesis",
    "MEMORY_LIBMAP": "memories",
    "DFFLEGALIZE": "registers",
    "ABC9": "mapping to look-up tables",
    "JSON": "writing",
}
_NEXTPNR = (
    ("Packing ", "packing"),
    ("Creating initial analytic placement", "placing"),
    ("Running simulated annealing placer", "refining the placement"),
    ("Routing globals", "routing"),
    ("Routing complete", "timing"),
)
_HEADING = re.compile(r"\d+(?:\.\d+)?\. Executing (\w+)")


def phase(line: str) -> str | None:
    """The phase that begins with a line of Yosys' or nextpnr's; None: none does."""
    if heading := _HEADING.match(line):
        return _YOSYS.get(heading.group(1))
    text = line.removeprefix("Info: ")
    return next((name for start, name in _NEXTPNR if text.startswith(start)), None)


def phases(step: str) -> tuple[str, ...]:
    """All phases of a step, by its name."""
    if step == "synthesis":
        return tuple(dict.fromkeys(_YOSYS.values()))
    return tuple(name for _, name in _NEXTPNR) if step.startswith("place-and-route") else ()
