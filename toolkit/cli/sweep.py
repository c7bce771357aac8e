"""``offramp sweep``: accuracy and exit rate of a network against its bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolkit.cli.options import BITS, JSON, MODEL, QUIET, add_command, options_of, taken
from toolkit.core.declaration import Option
from toolkit.flow import points
from toolkit.flow.sweep import STUDY

if TYPE_CHECKING:
    from toolkit.explore.search import BitSweep

OUT = Option(
    "Folder of the result, with a folder per width.", name="out", kind=Path, shown="runs/MODEL-DATASET-sweep"
)
KINDS = {
    "model": MODEL,
    "least_bits": Annotated[int | None, taken(points.LEAST_BITS)],
    "most_bits": Annotated[int | None, taken(points.MOST_BITS)],
    "scheduler": Annotated[str | None, taken(points.SCHEDULER)],
    "workers": Annotated[int | None, taken(points.WORKERS)],
    "out": Annotated[Path | None, taken(OUT)],
    "quiet": QUIET,
    "as_json": JSON,
}


def sweep_command(app: typer.Typer) -> None:
    """Add ``sweep``."""
    add_command(
        app, STUDY.name, STUDY.description, print_sweep, {**KINDS, **options_of([STUDY]), "bits": BITS}
    )


def print_sweep(model: str | None, quiet: bool, as_json: bool, **given: Any) -> None:
    """Train with all bits, and print a line for each.

    Raises:
        OfframpError: as :func:`toolkit.flow.sweep.sweep_bits`.
    """
    from toolkit.cli.flow import stdout_for_the_result
    from toolkit.flow.reporters import make_reporter
    from toolkit.flow.sweep import sweep_bits

    with stdout_for_the_result():
        found = sweep_bits(
            model,
            progress=make_reporter(quiet),
            **{name: value for name, value in given.items() if value is not None},
        )
    if as_json:
        print(json.dumps(found.model_dump(mode="json"), indent=2))
    else:
        _show(found)


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
