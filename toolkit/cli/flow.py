"""``offramp build`` and the command of each stage: read the options, run what is needed, say where it is."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from toolkit.cli.options import options_of
from toolkit.core.errors import BadOption
from toolkit.flow import Options, Result, RunDirectory, Step, execute, needed
from toolkit.flow.options import AIMS

_MODEL = Annotated[
    str | None,
    typer.Argument(
        metavar="MODEL|RUN",
        help="A network (see 'offramp models'), or a run directory.",
        show_default=False,
    ),
]
_OUT = Annotated[Path | None, typer.Option(help="Run directory. [default: runs/MODEL-DATASET-BITS]")]
_BITS = Annotated[int | None, typer.Option(help="--weight-bits and --act-bits in one.")]
_QUIET = Annotated[bool, typer.Option("--quiet", "-q", help="A plain line per stage, no progress.")]
_JSON = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


def flow_command(app: typer.Typer, name: str, help_text: str, order: Sequence[Step], goal: str = "") -> None:
    """Add the command ``name``, which brings stage ``goal`` (default: the whole flow) up to date."""
    stages = needed(order, [goal or order[-1].name]) if goal else tuple(order)
    options = options_of(stages)

    def command(model: str | None, out: Path | None, quiet: bool, as_json: bool, **given: Any) -> None:
        if goal == "train" and given.get("checkpoint") is None:
            given["train"] = True
        from toolkit.cli.progress import make_reporter

        path, options = resolve(model, out, given)
        with _stdout_for_the_result(), RunDirectory.open(path) as run:
            results = execute(run, stages, options, make_reporter(quiet))
        _print(path, results, as_json)

    parameters: list[tuple[str, Any, Any]] = [("model", _MODEL, None), ("out", _OUT, None)]
    parameters += [
        (option, kind, None) for option, kind in options.items() if not (goal == option == "train")
    ]
    parameters += [("bits", _BITS, None), ("quiet", _QUIET, False), ("as_json", _JSON, False)]
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, keyword, default=value, annotation=kind) for name, kind, value in parameters]
    )
    command.__annotations__ = {name: kind for name, kind, _ in parameters}
    app.command(name, help=help_text)(command)


def resolve(model: str | None, out: Path | None, given: dict[str, Any]) -> tuple[Path, Options]:
    """The run directory and the options that a command line means.

    With a model's name the command line says everything. Without one, or with a run directory in its place,
    the options of the run that is there hold, changed by those given.

    Raises:
        OfframpError: names, numbers or paths that do not fit.
    """
    if model is not None and (Path(model) / "run.json").is_file():
        if out is not None and out.resolve() != Path(model).resolve():
            raise BadOption("two run directories", expected="one", found=f"{model} and --out {out}")
        out, model = Path(model), None
    changes = _changes(given)
    if model is not None:
        options = Options.of(model=model, **changes)
    elif out is not None and (out / "run.json").is_file():
        if any(aim in changes for aim in AIMS):  # a new aim takes the place of the run's
            changes = dict.fromkeys(AIMS) | changes
        options = RunDirectory(out).options().changed(**changes)
    else:
        options = Options.of(**changes)
    options.check()
    name = f"{options.network.model}-{options.data.dataset}-{options.quant.config().key()}"
    return out or Path("runs", name), options


def _changes(given: dict[str, Any]) -> dict[str, Any]:
    changes = {name: value.value if isinstance(value, Enum) else value for name, value in given.items()}
    changes = {name: value for name, value in changes.items() if value is not None}
    bits = changes.pop("bits", None)
    return changes if bits is None else {"weight_bits": bits, "act_bits": bits, **changes}


@contextlib.contextmanager
def _stdout_for_the_result() -> Iterator[None]:
    """Send what libraries and compilers print to standard error: standard output carries the result alone."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _print(path: Path, results: Sequence[Result], as_json: bool) -> None:
    """Say where the results lie: the report, or else the last stage's folder."""
    last = results[-1]
    report = last.path / "report.html"
    if not as_json:
        if rows := last.manifest.summary.get("table"):
            _print_table(rows)
        print(f"{last.step}: {report if report.is_file() else last.path}")
        return
    stages = [
        {
            "stage": result.step,
            "outcome": result.outcome,
            "path": str(result.path),
            "seconds": result.manifest.seconds,
            "summary": result.manifest.summary,
        }
        for result in results
    ]
    print(json.dumps({"run": str(path), "stages": stages}, indent=2))


def _print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """What a stage found, row by row; a row marked as chosen stands out."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*[name for name in rows[0] if name != "chosen"])
    for row in rows:
        cells = [f"{value:.6g}" for name, value in row.items() if name != "chosen"]
        table.add_row(*cells, style="bold reverse" if row.get("chosen") else None)
    Console().print(table)
