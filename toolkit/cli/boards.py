"""``offramp boards``: every board, and which of them a network fits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.options import argument
from toolkit.core.store import Store

if TYPE_CHECKING:
    from toolkit.flow.board_list import ListedBoard
    from toolkit.flow.fit import Fit

RUN = "A run directory whose network is exported; none: every board, and whether its tools are here."
NETWORKS = "Show how every shipped network fits each board; minutes the first time."


def boards(
    run: Annotated[Path | None, argument("[RUN]", RUN)] = None,
    networks: Annotated[bool, typer.Option("--networks", help=NETWORKS)] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """List the boards with their tools, or show which a network fits, how fast it is there (estimated)."""
    if networks or run is not None:
        Store().require()
    if run is None:
        _list(networks, as_json)
        return
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


def _list(networks: bool, as_json: bool) -> None:
    from toolkit.flow.board_list import listed_boards, shipped_fits

    found, fits = listed_boards(), shipped_fits() if networks else {}
    if as_json:
        rows = [one.model_dump(mode="json") for one in found]
        shown = {name: [one.model_dump(mode="json") for one in every] for name, every in fits.items()}
        print(json.dumps({"boards": rows, **({"networks": shown} if networks else {})}, indent=2))
        return
    for one in found:
        _show(
            one, {name: next(fit for fit in every if fit.board == one.board) for name, every in fits.items()}
        )
    missing = {tools.title: tools.missing for one in found for tools in one.tools if tools.missing}
    for title, problem in missing.items():
        print(f"{title}: {problem}")


def _show(one: ListedBoard, fits: dict[str, Fit]) -> None:
    amounts = ", ".join(f"{amount:,} {name}" for name, amount in one.resources.items())
    print(f"{one.board}: {one.title} ({one.family}, {one.part}; {amounts}); {_tools(one)}")
    for network, fit in fits.items():
        print(f"  {network}: {fit.says}")


def _tools(one: ListedBoard) -> str:
    states: Sequence[str] = [
        f"{tools.title} over {tools.link}: {'missing' if tools.missing else 'ready'}" for tools in one.tools
    ]
    return ", ".join(states) or "no bitstreams"
