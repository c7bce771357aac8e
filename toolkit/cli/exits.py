"""``offramp exits``: the places where an exit could sit in a network, ranked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.options import taken
from toolkit.cli.study import study_command
from toolkit.core.declaration import Option
from toolkit.flow import places

if TYPE_CHECKING:
    from toolkit.explore.places.result import ExitPlaces, ExitSet

AFTER = Option("Layer to look behind; may be given several times.", name="after", kind=str, shown="all")
OUT = Option("Folder to write places.json into.", name="out", kind=Path, shown="none")
KINDS = {
    "head": Annotated[str | None, taken(places.HEAD)],
    "after": Annotated[list[str] | None, taken(AFTER)],
    "max_loss": Annotated[float | None, taken(places.MAX_LOSS)],
    "steps": Annotated[int | None, taken(places.STEPS)],
    "out": Annotated[Path | None, taken(OUT)],
}


def _show(found: ExitPlaces) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{found.model} on {found.dataset}, backbone: {found.backbone}")
    console.print(f"last exit: {found.accuracy:.2%}, {found.static_macs:,} multiply-accumulates (MACs)")
    console.print(f"head: {found.head_layers}, trained on {found.images:,} images")
    table = Table("exit after", "values", "MACs to exit", "alone", "leave", "combined", "gain*")
    for one in found.places:
        shape = "x".join(map(str, one.shape))
        row = (one.after[0], shape, f"{one.macs:,}", f"{one.alone:.2%}", *_figures(one))
        table.add_row(*row, style=None if one.gain > 1 else "dim")
    console.print(table)
    for several in found.sets:
        leave, combined, gain = _figures(several)
        console.print(f"best {len(several.after)}: after {' and '.join(several.after)}: {leave} leave early")
        console.print(f"  combined {combined}, gain* {gain}, {several.mean_macs:,.0f} MACs in the mean")
    for chosen in (*found.places[:1], *found.sets):
        missing = f"exits after {', '.join(chosen.after)}: not all of these are modules"
        console.print(chosen.code or missing, markup=False)
    console.print(
        f"thresholds for a loss of at most {found.max_loss:g} points on the calibration split; "
        f"figures of the test split\n* {found.gain_is}"
    )


def _figures(one: ExitSet) -> Sequence[str]:
    return f"{one.early_rate:.1%}", f"{one.accuracy:.2%}", f"{one.gain:.2f}"


def exits_command(app: typer.Typer) -> None:
    """Add ``exits``."""
    study_command(app, places.STUDY, places.rank_exits, _show, KINDS)
