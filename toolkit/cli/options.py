"""Options of the command line, generated from their declarations; an option that is not given is None."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from toolkit.flow import Step
from toolkit.flow.options import DECLARED

MODEL = Annotated[
    str | None,
    typer.Argument(
        metavar="MODEL|RUN",
        help="A network (see 'offramp models'), or a run directory.",
        show_default=False,
    ),
]
OUT = Annotated[Path | None, typer.Option(help="Run directory. [default: runs/MODEL-DATASET-BITS]")]
CONFIG = Annotated[
    Path | None,
    typer.Option(
        help="File that describes the run (YAML, JSON or TOML), as 'offramp config' prints it. Options given "
        "here win. Relative paths in it are below the folder that the command is started in."
    ),
]
BITS = Annotated[
    int | None, typer.Option(help="--weight-bits and --act-bits in one.", rich_help_panel="quant")
]
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


def options_of(steps: Iterable[Step]) -> dict[str, Any]:
    """Return option name -> annotated type, for a command that runs ``steps``."""
    names = {name for step in steps for name in (*step.options, *step.settings)}
    # Even `offramp train` accepts the target, since it records the options of the run for later commands.
    names = (names | {"target"}) - {"model"}
    return {
        name: Annotated[one.kind | None, typer.Option(help=one.described, rich_help_panel=one.group)]
        for name, one in DECLARED.items()
        if name in names
    }


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
