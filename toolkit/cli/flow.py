"""``offramp build`` and the command of each step: read options, run steps, print the result's path."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from toolkit.cli.options import BITS, CONFIG, JSON, MODEL, OUT, POINT, QUIET, add_command, options_of
from toolkit.core.paths import is_file
from toolkit.flow import Result, Step, bring_up_to_date, needed
from toolkit.flow.resolve import described, resolve
from toolkit.report import PAGE


def flow_command(app: typer.Typer, name: str, help_text: str, order: Sequence[Step], goal: str = "") -> None:
    """Add the command ``name``, which runs step ``goal`` and all it depends on (default: the whole flow)."""
    add_command(app, name, help_text, *flow_function(order, goal))


def flow_function(order: Sequence[Step], goal: str = "") -> tuple[Callable[..., None], dict[str, Any]]:
    """Return the function that brings step ``goal`` up to date, and the annotated types of its parameters."""
    steps = needed(order, [goal]) if goal else tuple(order)

    def run_steps(
        model: str | None,
        out: Path | None,
        config: Path | None,
        quiet: bool,
        as_json: bool,
        point: Path | None = None,
        **given: Any,
    ) -> None:
        from toolkit.flow.reporters import make_reporter

        path, options = resolve(model, out, given, described(config, point), goal)
        with stdout_for_the_result():
            results = bring_up_to_date(path, options, steps, make_reporter(quiet))
        _print(path, results, as_json)

    # Even `offramp train` accepts the target, since it records the options of the run for later commands.
    options = options_of(steps, "target")
    if goal == "train":
        options.pop("train", None)
    kinds = {"model": MODEL, "out": OUT, "config": CONFIG, "quiet": QUIET, "as_json": JSON}
    if not goal:
        kinds["point"] = POINT
    return run_steps, {**kinds, **options, "bits": BITS}


@contextlib.contextmanager
def stdout_for_the_result() -> Iterator[None]:
    """Redirect standard output to standard error, so that it carries the result alone.

    Descriptor 1 itself is redirected: compilers and C++ libraries do not print through ``sys.stdout``.
    """
    sys.stdout.flush()
    stdout = os.dup(1)
    try:
        os.dup2(2, 1)
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)


def _print(path: Path, results: Sequence[Result], as_json: bool) -> None:
    """Print the path of the report, or else of the last step's folder."""
    last = results[-1]
    report = last.path / PAGE
    if not as_json:
        if rows := last.manifest.summary.get("table"):
            _print_table(rows)
        print(f"{last.step}: {report if is_file(report) else last.path}")
        return
    steps = [
        {
            "stage": result.step,
            "outcome": result.outcome,
            "path": str(result.path),
            "seconds": result.manifest.seconds,
            "peak_bytes": result.manifest.peak_bytes,
            "summary": result.manifest.summary,
        }
        for result in results
    ]
    print(json.dumps({"run": str(path), "stages": steps}, indent=2))


def _print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the table in a step's summary; the chosen row is highlighted."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*[name for name in rows[0] if name != "chosen"])
    for row in rows:
        values = [value for name, value in row.items() if name != "chosen"]
        lists = [value if isinstance(value, list) else [value] for value in values]
        cells = [" ".join(one if isinstance(one, str) else f"{one:.6g}" for one in each) for each in lists]
        table.add_row(*cells, style="bold reverse" if row.get("chosen") else None)
    Console().print(table)
