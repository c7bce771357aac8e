"""Reads Vivado's power report (``report_power`` as text)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

from toolkit.core.artifact import Record, parse
from toolkit.core.errors import ArtifactError, one_line
from toolkit.core.quantities import NonNegative
from toolkit.core.reading import reading

_ROW = re.compile(r"^\|[ ]*(?P<key>[^|\n]*?)[ ]*\|[ ]*(?P<value>[^|\n]*?)[ ]*\|", re.MULTILINE)
_KEYS = {
    "total_w": "Total On-Chip Power (W)",
    "dynamic_w": "Dynamic (W)",
    "static_w": "Device Static (W)",
    "confidence": "Confidence Level",
}
_ACTIVITY = "Simulation Activity File"
_ROUNDING = 0.002  # W: each of three figures is rounded to a thousandth


class ChipPower(Record):
    """The power of a chip as estimated by Vivado.

    Attributes:
        total_w, dynamic_w, static_w: on-chip power.
        processor_w: part of ``dynamic_w`` of the processing system (PS7 or PS8); 0 without one.
        confidence: Vivado's confidence level: Low, Medium or High.
        activity: whether the switching activity came from a simulation; otherwise Vivado assumed one.
        source: name of the file.
    """

    total_w: NonNegative
    dynamic_w: NonNegative
    static_w: NonNegative
    processor_w: NonNegative
    confidence: str
    activity: bool
    source: str


P = TypeVar("P", bound=ChipPower)


def read_chip_power(path: Path, kind: type[P]) -> P:
    """Read the text of ``report_power``.

    Raises:
        ArtifactError: the file is missing, has another format or negative values, or its parts do not add up.
    """
    with reading(f"power report {path}", "the text of report_power"):
        text = path.read_text(encoding="utf-8", errors="replace")
    cells: dict[str, str] = {}
    for row in _ROW.finditer(text):
        cells.setdefault(row["key"], row["value"])
    if missing := [key for key in _KEYS.values() if key not in cells]:
        raise ArtifactError(
            f"power report {path}",
            expected=f"a row '{missing[0]}'",
            found="another format",
            fix="Write it with 'report_power -file FILE'.",
        )
    values = {name: cells[key].lstrip("<") for name, key in _KEYS.items()}
    processor = next((cells[key] for key in ("PS7", "PS8") if key in cells), "0").lstrip("<")
    others = {
        "processor_w": processor,
        "activity": cells.get(_ACTIVITY, "---") != "---",
        "source": one_line(path.name),
    }
    report = parse(kind, values | others, f"power report {path}")
    if abs(report.total_w - report.dynamic_w - report.static_w) > _ROUNDING:
        found = f"{report.total_w} W against {report.dynamic_w} W and {report.static_w} W"
        raise ArtifactError(f"power report {path}", expected="total = dynamic + static", found=found)
    return report
