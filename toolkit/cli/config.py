"""``offramp config``: the complete configuration of a run, as a file for ``--config``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from toolkit.cli.options import BITS, CONFIG, JSON, MODEL, OUT, add_command, options_of
from toolkit.flow import Step
from toolkit.flow.resolve import read, resolve

HELP = "Print every option of a run, for --config: those given here, of a run directory, or the defaults"


def config_command(app: typer.Typer, order: Sequence[Step]) -> None:
    """Add ``config``, which takes the options of all steps."""
    kinds = {"model": MODEL, "out": OUT, "config": CONFIG, "as_json": JSON}
    add_command(app, "config", HELP, print_config, {**kinds, **options_of(order), "bits": BITS})


def print_config(
    model: str | None, out: Path | None, config: Path | None, as_json: bool, **given: Any
) -> None:
    """Print the options that a command line results in.

    Raises:
        OfframpError: a name, a number or a path is not valid.
    """
    from toolkit.flow.config import to_yaml

    _, options = resolve(model, out, given, read(config))
    print(json.dumps(options.model_dump(mode="json"), indent=2) if as_json else to_yaml(options))
