"""What Yosys and nextpnr do one after the other, told from their logs."""

from __future__ import annotations

import re

from toolkit.core.toolrun import Phases

_HEADINGS = {
    "SLANG": "reading",
    "SYNTH_LATTICE": "coarse synthesis",
    "SYNTH_ECP5": "coarse synthesis",
    "MEMORY_LIBMAP": "memories",
    "DFFLEGALIZE": "registers",
    "ABC9": "mapping to look-up tables",
    "JSON": "writing",
}
_STARTS = (
    ("Packing ", "packing"),
    ("Creating initial analytic placement", "placing"),
    ("Running simulated annealing placer", "refining the placement"),
    ("Routing globals", "routing"),
    ("Routing complete", "timing"),
)
_HEADING = re.compile(r"\d+(?:\.\d+)?\. Executing (\w+)")


def _yosys(line: str) -> str | None:
    heading = _HEADING.match(line)
    return _HEADINGS.get(heading.group(1)) if heading else None


def _nextpnr(line: str) -> str | None:
    text = line.removeprefix("Info: ")
    return next((name for start, name in _STARTS if text.startswith(start)), None)


YOSYS = Phases(tuple(dict.fromkeys(_HEADINGS.values())), _yosys)
NEXTPNR = Phases(tuple(name for _, name in _STARTS), _nextpnr)
