"""Options of the command line, generated from their declarations; an option that is not given is None."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from toolkit.core.declaration import NUMBERS, Option
from toolkit.flow import Step
from toolkit.flow.options import DECLARED, POSITIONAL

METAVARS: dict[Any, str] = {int: "INTEGER", float: "FLOAT", Path: "PATH", NUMBERS: "FLOAT,FLOAT..."}
"""What help shows for a value; others are texts."""


def taken(one: Option, *names: str, **more: Any) -> Any:
    """Return the option of the command line for a declared one, read and checked as the declaration says.

    Args:
        names: flags; by default the parameter's name.
    """

    def parser(text: object) -> Any:
        one.check(value := one.read(text))
        return value

    metavar = METAVARS.get(one.kind, "TEXT")
    if one.among and not callable(one.among):
        more["autocompletion"] = _completion(tuple(one.among))
    return typer.Option(*names, help=one.described, parser=parser, metavar=metavar, **more)


def _completion(names: Iterable[str]) -> Callable[[str], list[str]]:
    """Return what completes the beginning of a name in a shell; typer wants a function and its types."""

    def complete(incomplete: str) -> list[str]:
        return [name for name in names if name.startswith(incomplete)]

    return complete


def argument(name: str, help_text: str, kind: type = Path) -> Any:
    """Return an argument of the command line, called ``name`` in help and messages."""
    one = Option(help_text, name=name, kind=kind)
    return typer.Argument(
        metavar=name, help=help_text, parser=lambda text: one.read(text, name), show_default=False
    )


BOTH_BITS = replace(DECLARED["weight_bits"], name="bits", help="--weight-bits and --act-bits in one.")
RUN_DIRECTORY = Option("Run directory.", name="out", kind=Path, shown="runs/MODEL-DATASET-BITS")
DESCRIPTION = Option(
    "File that describes the run (YAML, JSON or TOML), as 'offramp config' prints it. Options given here "
    "win. Relative paths in it are below the folder that the command is started in.",
    name="config",
    kind=Path,
    exists="file",
)

MODEL = Annotated[
    str | None,
    argument(
        "MODEL|RUN",
        "A network (see 'offramp models'), your own (FILE.py:NAME or FILE.onnx), or a run directory.",
        str,
    ),
]
OUT = Annotated[Path | None, taken(RUN_DIRECTORY)]
CONFIG = Annotated[Path | None, taken(DESCRIPTION)]
POINT = Annotated[
    Path | None,
    taken(
        Option(
            "Point of a search to build: its folder, OUT/NUMBER of 'offramp explore'.", kind=Path, name="from"
        ),
        "--from",
    ),
]
BITS = Annotated[int | None, taken(BOTH_BITS, rich_help_panel="quant")]
QUIET = Annotated[bool, typer.Option("--quiet", "-q", help="A plain line per step, no progress.")]
JSON = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


class GroupedCommand(TyperCommand):
    """A command whose help lists options by group; Typer does so only with Rich markup, which is off."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write a section per group."""
        sections: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for one in self.get_params(ctx):
            if (record := one.get_help_record(ctx)) is not None:
                heading = getattr(one, "rich_help_panel", None) or f"{one.param_type_name}s".capitalize()
                sections[heading].append(record)
        for heading, records in sections.items():
            with formatter.section(heading):
                formatter.write_dl(records)


def options_of(steps: Iterable[Step], *more: str) -> dict[str, Any]:
    """Return option name -> annotated type, for a command that runs ``steps`` and takes ``more`` options."""
    names = {*more, *(name for step in steps for name in (*step.options, *step.settings))} - POSITIONAL
    return {name: Annotated[_shown_as(one), _option(one)] for name, one in DECLARED.items() if name in names}


def _shown_as(one: Option) -> Any:
    """Return the type that Typer sees: its own tuples are several words, ours is read from one."""
    return (str if one.kind == NUMBERS else one.kind) | None


def _option(one: Option) -> Any:
    if one.kind is bool:
        return typer.Option(help=one.described, rich_help_panel=one.group)
    return taken(one, rich_help_panel=one.group)


def add_command(
    app: typer.Typer, name: str, help_text: str, function: Callable[..., None], kinds: Mapping[str, Any]
) -> None:
    """Add the command ``name`` that calls ``function``.

    Args:
        kinds: parameter -> annotated type; a parameter that is not given is None or False.
    """

    def command(**given: Any) -> None:
        function(**given)

    keyword = inspect.Parameter.KEYWORD_ONLY
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(one, keyword, default=False if kind in (QUIET, JSON) else None, annotation=kind)
            for one, kind in kinds.items()
        ]
    )
    command.__annotations__ = dict(kinds)
    app.command(name, help=help_text, cls=GroupedCommand)(command)
