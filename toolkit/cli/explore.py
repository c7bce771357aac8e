"""``offramp explore``: a search over bits, exits, thresholds and folding, its best points as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.options import taken
from toolkit.cli.study import study_command
from toolkit.core.declaration import Option
from toolkit.flow import exploration, points

if TYPE_CHECKING:
    from toolkit.explore.search import Exploration

OUT = Option(
    "Folder of the result, with a folder per point.",
    name="out",
    kind=Path,
    shown="runs/MODEL-DATASET-exploration",
)
KINDS = {
    "objective": Annotated[list[str] | None, taken(exploration.OBJECTIVE)],
    "limit": Annotated[list[str] | None, taken(exploration.LIMIT)],
    "points": Annotated[int | None, taken(exploration.POINTS)],
    "at_once": Annotated[int | None, taken(exploration.AT_ONCE)],
    "least_bits": Annotated[int | None, taken(points.LEAST_BITS)],
    "most_bits": Annotated[int | None, taken(points.MOST_BITS)],
    "mixed": Annotated[bool, typer.Option("--mixed", help="Bits of each layer on its own.")],
    "exits": Annotated[bool, typer.Option("--exits", help="Search places and heads of early exits, too.")],
    "least_exits": Annotated[int | None, taken(exploration.LEAST_EXITS)],
    "most_exits": Annotated[int | None, taken(exploration.MOST_EXITS)],
    "head": Annotated[list[str] | None, taken(exploration.HEAD)],
    "thresholds": Annotated[
        bool, typer.Option("--thresholds", help="Search who leaves early: the share at each early exit.")
    ],
    "foldings": Annotated[
        bool, typer.Option("--foldings", help="Search smaller designs, down to a sixteenth of the logic.")
    ],
    "out": Annotated[Path | None, taken(OUT)],
}


def _show(found: Exploration) -> None:
    from rich.console import Console
    from rich.table import Table

    from toolkit.explore.search import OBJECTIVES

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{found.model} on {found.dataset} for {found.target}, {found.epochs} epochs")
    aims = [OBJECTIVES[name] for name in found.objectives]
    names = [f"{one.name}{f' ({one.unit})' if one.unit else ''}" for one in aims]
    table = Table("point", "bits", *names, "on test", "leave early")
    for point in found.front:
        figures = point.figures
        assert figures is not None
        values = [format(one.value(figures), one.form) for one in aims]
        early = 1 - figures.exit_rates[-1]
        table.add_row(str(point.number), point.key, *values, f"{figures.test_accuracy:.2%}", f"{early:.2%}")
    console.print(table)
    for point in found.front:
        if point.exits is not None:
            console.print(f"early exits of {point.number}: {point.exits_in_words}")
    given_up = sum(point.figures is not None and point.epochs < found.epochs for point in found.points)
    refused = sum(point.figures is None for point in found.points)
    limits = f"; within {', '.join(found.limits)}" if found.limits else ""
    console.print(
        f"best of {len(found.points)} points ({given_up} given up early, {refused} that cannot be){limits}.\n"
        "Accuracy is of the validation split, which chose; energy, times and resources are estimated.\n"
        f"Build one: offramp build --from OUT/{found.front[0].number}"
    )


def explore_command(app: typer.Typer) -> None:
    """Add ``explore``."""
    study_command(app, exploration.STUDY, exploration.explore_designs, _show, KINDS)
