"""``offramp boards``: which boards a run's network fits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.options import argument
from toolkit.core.store import Store


def boards(
    run: Annotated[Path, argument("RUN", "A run directory whose network is exported.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Show on which boards a network fits, how fast it is there (estimated), and the smallest of them."""
    Store().require()
    from toolkit.flow.fit import fit_boards, smallest

    found = fit_boards(run)
    best = smallest(found)
    target = smallest([one for one in found if one.target])
    if as_json:
        rows = [one.model_dump(mode="json") for one in found]
        names = {"smallest": best and best.board, "smallest_target": target and target.board}
        print(json.dumps({"boards": rows, **names}, indent=2))
        return
    for one in found:
        print(f"{one.board}: {one.says}")
    print(f"smallest board: {best.board if best else 'none of these'}")
    print(f"smallest target of a bitstream: {target.board if target else 'none of these'}")
