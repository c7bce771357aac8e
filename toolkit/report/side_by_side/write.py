"""Writes a comparison of runs: ``comparison.html``, ``.json`` and ``.csv``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolkit.core.artifact import write_bytes
from toolkit.core.errors import OutputPathError
from toolkit.core.outputs import require_folder, writing
from toolkit.core.paths import is_folder
from toolkit.cost import Energy
from toolkit.report.schema import Price
from toolkit.report.side_by_side.compare import STEM, ComparedRun, RunRow, SideBySide

CSV, PAGE = f"{STEM}.csv", f"{STEM}.html"


def write(found: SideBySide, out: Path) -> None:
    """Write all three files into ``out``; an earlier comparison there is replaced.

    Raises:
        OutputPathError: ``out`` is a file, cannot be written, or holds something other than a comparison.
    """
    from toolkit.report.side_by_side.page import render

    page, table = (text.encode(errors="backslashreplace") for text in (render(found), to_csv(found)))
    check(out)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        found.save(out)
        write_bytes(out / CSV, table)
        write_bytes(out / PAGE, page)


def check(out: Path) -> None:
    """Refuse a path that cannot be written, or a folder with other files than a comparison.

    Raises:
        OutputPathError: ``out`` is one of these.
    """
    require_folder(out)
    if is_folder(out) and any(out.iterdir()) and not SideBySide.exists(out):
        raise OutputPathError(
            f"output path {out}",
            expected="a comparison",
            found="other files, which stay untouched",
            fix="Choose an empty or new folder with --out.",
        )


def to_json(found: SideBySide) -> dict[str, Any]:
    """Convert a comparison to JSON types, with the version of its schema."""
    return {"schema": found.SCHEMA, **found.model_dump(mode="json")}


def to_csv(found: SideBySide) -> str:
    """Convert a comparison to CSV, one line per row; unknown values are empty."""
    runs = {run.name: run for run in found.runs}
    lines = [dict(_cells(runs[row.run], row)) for row in found.rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _cells(run: ComparedRun, row: RunRow) -> Iterator[tuple[str, object]]:
    yield from (("run", run.name), ("model", run.model), ("dataset", run.dataset), ("bits", run.bits))
    yield from (("frames", run.frames), ("criterion", run.policy.criterion))
    yield "thresholds", " ".join(f"{one:g}" for one in run.policy.thresholds)
    yield from (("board", run.board), ("clock_mhz", run.clock_mhz and run.clock_mhz.value))
    yield from (("target_cycles", run.target_cycles), ("reference_dsp", run.reference_dsp))
    yield from (("part", row.part), ("accuracy", row.accuracy), ("exit_rate", row.exit_rate))
    yield "interval_cycles", row.interval_cycles
    yield from _price("", row.price)
    yield from _price("equal_", row.equal)


def _price(prefix: str, price: Price) -> Iterator[tuple[str, object]]:
    for name in Price.model_fields:
        value = getattr(price, name)
        if name not in ("energy_uj", "incremental_uj"):
            yield f"{prefix}{name}", value
            continue
        figure: Energy | None = value
        for end in ("value", "low", "high", "provenance"):
            tail = "" if end == "value" else f"_{end}"
            yield f"{prefix}{name}{tail}", None if figure is None else getattr(figure, end)
