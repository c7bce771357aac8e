"""The command of a study: no step of the flow, but with its options, progress and result."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import typer

from toolkit.cli.options import BITS, JSON, MODEL, QUIET, add_command, options_of
from toolkit.core.artifact import Artifact
from toolkit.flow.step import Step

Found = TypeVar("Found", bound=Artifact)


def study_command(
    app: typer.Typer,
    step: Step,
    study: Callable[..., Found],
    show: Callable[[Found], None],
    kinds: Mapping[str, Any],
) -> None:
    """Add the command that calls ``study`` with what is given, and shows its result, or prints it as JSON.

    Args:
        step: declaration of the study.
        study: function of a model and keyword arguments.
        kinds: parameter of the study's own -> annotated type.
    """

    def run(model: str | None, quiet: bool, as_json: bool, **given: Any) -> None:
        from toolkit.cli.flow import stdout_for_the_result
        from toolkit.flow.reporters import make_reporter

        known = {name: value for name, value in given.items() if value not in (None, [])}
        with stdout_for_the_result():
            found = study(model, progress=make_reporter(quiet), **known)
        if as_json:
            print(json.dumps(found.model_dump(mode="json"), indent=2))
        else:
            show(found)

    usual = {"quiet": QUIET, "as_json": JSON, **options_of([step]), "bits": BITS}
    add_command(app, step.name, step.description, run, {"model": MODEL, **kinds, **usual})
