"""Assembles the subcommands; those of steps are generated from the steps' declarations."""

from __future__ import annotations

from typing import Annotated

import typer
import typer.main

import toolkit
from toolkit.cli import (
    board,
    boards,
    classify,
    config,
    doctor,
    exits,
    explore,
    finn,
    models,
    report,
    sweep,
    waveform,
)
from toolkit.cli.flow import flow_command
from toolkit.flow.check import CHECK
from toolkit.flow.steps import ORDER
from toolkit.flow.validate import VALIDATE

HELP = """Early-exit networks on FPGAs: trained quantised, compiled to RTL, exact to the bit.

Each command works in a run directory (--out) and goes on from what is there. Give it a network's name, a
run directory to take the options from, or a file that describes the run (--config, see 'offramp config').
"""

ASIDE = tuple((*(step for step in ORDER if step.name in aside.inputs), aside) for aside in (CHECK, VALIDATE))
"""Steps that are no part of the flow, each at the end of those it needs."""
NOT_COMMANDS = {"data"}
"""Steps without a subcommand, since their result alone is of no use."""


def make_app() -> typer.main.TyperGroup:
    """Build the command line."""
    app = typer.Typer(
        help=HELP,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_version_option)
    flow_command(
        app, "build", "Run the whole flow: from a network to a verified accelerator and its bitstream", ORDER
    )
    for step in ORDER:
        if step.name == report.NAME:
            report.report_command(app, step.description, ORDER)
        elif step.name not in NOT_COMMANDS:
            flow_command(app, step.name, step.description, ORDER, goal=step.name)
    for steps in ASIDE:
        flow_command(app, steps[-1].name, steps[-1].description, steps, goal=steps[-1].name)
    config.config_command(app, ORDER)
    app.command("boards")(boards.boards)
    exits.exits_command(app)
    explore.explore_command(app)
    sweep.sweep_command(app)
    app.command("classify")(classify.classify)
    app.command("load")(board.load)
    app.command("selftest")(board.selftest)
    app.command("export-finn")(finn.export_finn)
    app.command("doctor")(doctor.doctor)
    app.command("models")(models.models)
    app.command("waveform")(waveform.waveform)
    command = typer.main.get_command(app)
    assert isinstance(command, typer.main.TyperGroup)  # there is more than one command
    return command


def _show_version(value: bool) -> None:
    if value:
        print(f"offramp {toolkit.__version__}")
        raise typer.Exit


def _version_option(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass
