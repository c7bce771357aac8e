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

from hw_models.own import OwnReference
from toolkit.cli.options import BITS, CONFIG, JSON, MODEL, OUT, QUIET, add_command, options_of
from toolkit.core.errors import BadOption
from toolkit.core.paths import is_file, is_folder
from toolkit.flow import Options, Result, RunDirectory, Step, execute, needed, require
from toolkit.flow.groups import AIMS
from toolkit.flow.own import with_own_network
from toolkit.flow.rundir import RunRecord
from toolkit.report import PAGE


def flow_command(app: typer.Typer, name: str, help_text: str, order: Sequence[Step], goal: str = "") -> None:
    """Add the command ``name``, which runs step ``goal`` and all it depends on (default: the whole flow)."""
    add_command(app, name, help_text, *flow_function(order, goal))


WEIGHTS = ("checkpoint", "weights")
"""Options that name trained weights."""


def flow_function(order: Sequence[Step], goal: str = "") -> tuple[Callable[..., None], dict[str, Any]]:
    """Return the function that brings step ``goal`` up to date, and the annotated types of its parameters."""
    steps = needed(order, [goal]) if goal else tuple(order)

    def bring_up_to_date(
        model: str | None, out: Path | None, config: Path | None, quiet: bool, as_json: bool, **given: Any
    ) -> None:
        from toolkit.cli.progress import make_reporter

        described = read(config)
        if goal == "train":
            given["train"] = False
        path, options = resolve(model, out, given, described)
        if goal == "train":  # it trains, unless something says where weights are
            options = options.changed(train=not any(options.value(name) for name in WEIGHTS))
        require(steps, options)
        with _stdout_for_the_result(), RunDirectory.open(path) as run:
            results = execute(run, steps, options, make_reporter(quiet))
        _print(path, results, as_json)

    options = options_of(steps)
    if goal == "train":
        options.pop("train", None)
    kinds = {"model": MODEL, "out": OUT, "config": CONFIG, "quiet": QUIET, "as_json": JSON}
    return bring_up_to_date, {**kinds, **options, "bits": BITS}


def read(config: Path | None) -> dict[str, Any]:
    """Read the options of a configuration file, by name; empty without a file."""
    if config is None:
        return {}
    from toolkit.flow.config import read_config

    return read_config(config)


def resolve(
    model: str | None, out: Path | None, given: Mapping[str, Any], described: Mapping[str, Any] | None = None
) -> tuple[Path, Options]:
    """Determine the run directory and the options of a command line.

    With a model's name or a configuration file, options that are not given have their defaults. With a run
    directory instead, they have the values of that run. Of a user's own network, ``FILE.py:NAME`` here or in
    the configuration file, the file is run; a run directory holds its description instead.

    Args:
        model: name of a network, ``FILE.py:NAME``, or a run directory.
        out: run directory.
        given: options of the command line by name; None if not given. They override all others.
        described: options of a configuration file by name.

    Raises:
        OfframpError: a name, a number or a path is not valid.
    """
    changes, described = _changes(given), dict(described or {})
    if "model" in described:
        described.setdefault("description", None)
    if model is not None and RunRecord.exists(Path(model)):
        if out is not None and out.resolve() != Path(model).resolve():
            raise BadOption("two run directories", expected="one", found=f"{model} and --out {out}")
        out = Path(model)
        options = RunDirectory(out).options()
    elif model is None and not described and out is not None and RunRecord.exists(out):
        options = RunDirectory(out).options()
    elif model is not None and _is_path(model):
        fix = "Name a network to start a run (see 'offramp models'), or the directory of one."
        raise BadOption(
            f"run directory {model}", expected=f"a folder with {RunRecord.FILE}", found="none", fix=fix
        )
    else:
        options = Options()
        changes |= {} if model is None else {"model": model, "description": None}
    options = _changed(_changed(options, described), changes)
    named = changes.get("model", described.get("model"))
    if named == options.network.model and options.network.description is None and OwnReference.is_one(named):
        options = with_own_network(named, options)
    options.check()
    name = f"{options.network.model}-{options.data.dataset}-{options.quant.config().key()}"
    return out or Path("runs", name), options


def _is_path(model: str) -> bool:
    """Tell whether a text names a directory rather than a network."""
    import hw_models

    known = model in hw_models.names() or OwnReference.is_one(model)
    return not known and ("/" in model or is_folder(model))


def _changes(given: Mapping[str, Any]) -> dict[str, Any]:
    changes = {name: value for name, value in given.items() if value is not None}
    bits = changes.pop("bits", None)
    return changes if bits is None else {"weight_bits": bits, "act_bits": bits, **changes}


def _changed(options: Options, changes: Mapping[str, Any]) -> Options:
    """Return changed options; a new objective of the exit policy replaces the old one."""
    if any(changes.get(aim) is not None for aim in AIMS):
        changes = dict.fromkeys(AIMS) | dict(changes)
    return options.changed(**changes)


@contextlib.contextmanager
def _stdout_for_the_result() -> Iterator[None]:
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
        cells = [f"{value:.6g}" for name, value in row.items() if name != "chosen"]
        table.add_row(*cells, style="bold reverse" if row.get("chosen") else None)
    Console().print(table)
