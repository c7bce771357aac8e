"""``offramp report``: the report of one run, or several runs side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from toolkit.cli.flow import flow_function
from toolkit.cli.options import add_command, argument
from toolkit.core.errors import BadOption
from toolkit.flow import RunDirectory, Step

NAME = "report"
OUT = Path("runs", "comparison")
_OF_BOTH = {"out", "quiet", "as_json"}
"""Options that are allowed with several runs."""
_HELP = (
    "A network, or a run directory. Two or more run directories: their reports, side by side in --out, "
    "by default runs/comparison."
)
_RUNS = Annotated[list[str] | None, argument("MODEL|RUN", _HELP, str)]


def report_command(app: typer.Typer, help_text: str, order: Sequence[Step]) -> None:
    """Add ``report``: with at most one argument the flow's command, with more a comparison of runs."""
    bring_up_to_date, kinds = flow_function(order, NAME)

    def command(model: list[str] | None, **given: Any) -> None:
        runs = model or []
        if len(runs) > 1:
            compare_runs(runs, given)
        else:
            bring_up_to_date(model=runs[0] if runs else None, **given)

    kinds["model"] = _RUNS
    add_command(app, NAME, f"{help_text}; with several runs, compare them", command, kinds)


def compare_runs(runs: Sequence[str], given: Mapping[str, Any]) -> None:
    """Write the comparison of these runs and print it.

    Raises:
        BadOption: an option of the flow is given, or a run twice.
        ArtifactError: a run has no report, it was changed, or another version wrote it.
        OutputPathError: ``--out`` cannot be used.
    """
    wrong = [name for name, value in given.items() if name not in _OF_BOTH and value is not None]
    if wrong:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in wrong)
        raise BadOption(
            f"{options} with {len(runs)} runs",
            expected="options of one run with one run",
            fix="Write each run's report first, then compare.",
        )
    from toolkit.report.schema import Report
    from toolkit.report.side_by_side import compare, named_runs, write
    from toolkit.report.side_by_side.terminal import show
    from toolkit.report.side_by_side.write import PAGE, check, to_json

    check(out := given.get("out") or OUT)
    named = named_runs([Path(run) for run in runs])
    found = compare({name: Report.load(RunDirectory(folder).result(NAME)) for name, folder in named.items()})
    write(found, out)
    if given.get("as_json"):
        print(json.dumps(to_json(found), indent=2))
        return
    if not given.get("quiet"):
        show(found)
    print(f"comparison: {out / PAGE}")
