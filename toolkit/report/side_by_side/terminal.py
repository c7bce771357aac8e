"""Prints a comparison of runs as a table in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from toolkit.cost import Energy
from toolkit.report.side_by_side.compare import SideBySide
from toolkit.report.text import short, times, whole

WIDTH = 200
"""Largest width of the table in characters; Rich would cut cells off in a narrower terminal."""
COLUMNS = ("accuracy", "leave", "latency, us", "frames/s", "board, uJ", "above idle, uJ", "EDP, uJ us")


def show(found: SideBySide) -> None:
    """Print a line per row of the comparison; costs are at equal resources."""
    table = Table(title="costs at equal resources; energies are estimated")
    for name in ("run", ""):
        table.add_column(name, no_wrap=True)
    for name in COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for index, row in enumerate(found.rows):
        price = row.equal
        table.add_row(
            row.run if index == 0 or found.rows[index - 1].run != row.run else "",
            row.part,
            f"{row.accuracy:.2%}",
            "" if row.exit_rate is None else f"{row.exit_rate:.2%}",
            _number(price.latency_us),
            "" if price.frames_per_s is None else whole(price.frames_per_s),
            _number(price.energy_uj),
            _number(price.incremental_uj),
            _number(price.edp),
            style="bold" if row.part == "mix" else None,
            end_section=index + 1 == len(found.rows) or found.rows[index + 1].run != row.run,
        )
    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    console.print(table)
    for run in found.runs:
        if run.gain is not None:
            words = [
                f"{name.replace('_', ' ')} {times(value)}" for name, value in run.gain if value is not None
            ]
            console.print(f"{run.name}, gain at equal resources: {', '.join(words)}", soft_wrap=True)
    for note in found.notes:
        console.print(f"not comparable: {note}", soft_wrap=True)


def _number(value: float | Energy | None) -> str:
    if value is None:
        return ""
    return short(value.value if isinstance(value, Energy) else value)
