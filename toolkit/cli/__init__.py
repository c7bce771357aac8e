"""The command line: one subcommand per operation, nothing else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import typer

from toolkit.cli import streams
from toolkit.cli.app import make_app
from toolkit.core.errors import OfframpError, OutputPathError, one_line, shortened

LONGEST_LINE = 3000
"""Characters of an error's line at most."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run ``offramp`` and exit: 0 on success, 2 on an error that the user can solve, 130 if interrupted.

    A bug in Offramp exits with 1 and prints its traceback.
    """
    streams.take_over()
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run ``offramp`` and return the exit code; without arguments, show the help."""
    arguments = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        _require_here()
        code = make_app()(args=arguments, prog_name="offramp", standalone_mode=False)
        sys.stdout.flush()
    except (OfframpError, typer.TyperException) as error:
        text = error.format_message() if isinstance(error, typer.TyperException) else str(error)
        print("offramp:", shortened(one_line(text), LONGEST_LINE), file=sys.stderr)
        for detail in getattr(error, "details", ()):
            print("  " + shortened(one_line(detail)), file=sys.stderr)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    if code == 130:
        print("offramp: interrupted; the same command goes on from here", file=sys.stderr)
    return int(code or 0)


def _require_here() -> None:
    """Refuse to start in a folder that has been removed: no relative path means anything there."""
    try:
        Path.cwd()
    except OSError as error:
        raise OutputPathError(
            "the folder this was started in", expected="one that exists", found="none"
        ) from error
