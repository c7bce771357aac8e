"""``offramp sweep``: accuracy and exit rate of a network against its bits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.options import taken
from toolkit.cli.study import study_command
from toolkit.core.declaration import Option
from toolkit.flow import points, sweep

if TYPE_CHECKING:
    from toolkit.explore.search import BitSweep

OUT = Option(
    "Folder of the result, with a folder per width.", name="out", kind=Path, shown="runs/MODEL-DATASET-sweep"
)
KINDS = {
    "least_bits": Annotated[int | None, taken(points.LEAST_BITS)],
    "most_bits": Annotated[int | None, taken(points.MOST_BITS)],
    "out": Annotated[Path | None, taken(OUT)],
}


def _show(found: BitSweep) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{found.model} on {found.dataset} for {found.target}, {found.epochs} epochs each")
    table = Table("bits", "accuracy", "on test", "leave early", "energy*", "frames/s*")
    for point in found.points:
        if (figures := point.figures) is None:
            table.add_row(str(point.number), "cannot be")
            continue
        table.add_row(
            str(point.number),
            f"{figures.accuracy:.2%}",
            f"{figures.test_accuracy:.2%}",
            f"{1 - figures.exit_rates[-1]:.2%}",
            f"{figures.energy_uj:.3g} uJ",
            f"{figures.throughput:,.0f}",
        )
    console.print(table)
    console.print("* estimated. Accuracy is of the validation split, frames leave as calibrated.")
    for point in found.points:
        if point.refused:
            console.print(f"{point.number} bits: {point.refused}", style="yellow")


def sweep_command(app: typer.Typer) -> None:
    """Add ``sweep``."""
    study_command(app, sweep.STUDY, sweep.sweep_bits, _show, KINDS)
