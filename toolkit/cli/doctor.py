"""``offramp doctor``: what is installed, which versions, what is missing for which target."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> int:
    """Show what is installed, and what is missing for which target.

    Exit code 0 if the target 'sim' can be built, else 2.
    """
    from toolkit.flow.doctor import diagnose

    diagnosis = diagnose()
    if as_json:
        print(json.dumps(dataclasses.asdict(diagnosis) | {"ready": diagnosis.ready}, indent=2))
        return 0 if diagnosis.ready else 2

    from rich.console import Console
    from rich.table import Table

    table = Table("", "wanted", "found", "what to do", box=None, pad_edge=False)
    for finding in diagnosis.findings:
        mark = "" if finding.found else "[dim]no[/dim]"
        style = "red" if finding.problem else None
        table.add_row(finding.name, finding.wanted, finding.found or mark, finding.problem, style=style)
    console = Console(highlight=False)
    console.print(table)
    for target, missing in diagnosis.targets.items():
        state = f"missing: {missing}" if missing else "ready" if missing == "" else "not in this version"
        console.print(f"target {target}: {state}")
    return 0 if diagnosis.ready else 2
