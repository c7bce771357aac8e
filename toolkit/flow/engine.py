"""Runs stages in order, each only if something it rests on has changed."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from toolkit.core.errors import ArtifactError
from toolkit.flow.manifest import Manifest, Recipe, hash_files
from toolkit.flow.options import Options
from toolkit.flow.rundir import FULL, RunDirectory, disk_full, remove
from toolkit.flow.step import Context, Reporter, Step

DONE, UP_TO_DATE, FAILED = "done", "up to date", "failed"


@dataclass(frozen=True)
class Result:
    """How a stage ended: ``outcome`` is ``"done"`` or ``"up to date"``."""

    stage: str
    outcome: str
    path: Path
    manifest: Manifest


def needed(order: Sequence[Step], goals: Iterable[str]) -> tuple[Step, ...]:
    """The stages of ``order`` that ``goals`` (names) rest on, goals included, in order.

    Raises:
        ValueError: a stage that reads one that does not come before it.
    """
    wanted = set(goals)
    before = {stage.name: {earlier.name for earlier in order[:i]} for i, stage in enumerate(order)}
    for stage in reversed(order):
        if late := set(stage.inputs) - before[stage.name]:
            raise ValueError(
                f"stage {stage.name} reads {', '.join(sorted(late))}, which do not come before it"
            )
        if stage.name in wanted:
            wanted.update(stage.inputs)
    return tuple(stage for stage in order if stage.name in wanted)


def execute(run: RunDirectory, stages: Sequence[Step], options: Options, reporter: Reporter) -> list[Result]:
    """Bring ``stages`` up to date, in the order given.

    Args:
        run: an open (locked) run directory.
        stages: with every stage's inputs before it, as :func:`needed` gives them.
        options: the run's options; written down first.
        reporter: told of each stage.

    Raises:
        OutputPathError: the disk is full or the directory is another run's; nothing half-written is left.
        OfframpError: whatever a stage raises; what it had written is kept in ``STEP.failed``.
    """
    run.record(options)
    results: dict[str, Result] = {}
    for stage in stages:
        recipe = _recipe(stage, options, results)
        why = _why(run, stage, recipe)
        manifest = run.manifest(stage.name)
        outcome, seconds = UP_TO_DATE, 0.0
        if why or manifest is None:
            reporter.begin(stage, why)
            manifest = _run(run, stage, recipe, options, results, reporter)
            outcome, seconds = DONE, manifest.seconds
        reporter.end(stage, outcome, seconds, str(manifest.summary.get("says", "")))
        stage.admit(options, manifest.summary)
        results[stage.name] = Result(stage.name, outcome, run.step(stage.name), manifest)
    return list(results.values())


def _recipe(stage: Step, options: Options, results: Mapping[str, Result]) -> Recipe:
    recipe = Recipe(
        inputs={name: results[name].manifest.digest for name in stage.inputs},
        external=stage.external(options),
        options={name: options.value(name) for name in stage.options},
        versions=stage.versions(),
        code=stage.code_digest(),
    )
    # As it will be read back: lists for tuples, strings for keys.
    return Recipe(**json.loads(json.dumps(asdict(recipe))))


def _why(run: RunDirectory, stage: Step, recipe: Recipe) -> str:
    """Why the stage must run, in words; empty if it need not."""
    manifest = run.manifest(stage.name)
    if manifest is None:
        return "not run yet"
    if manifest.recipe.key() != recipe.key():
        return f"changed: {manifest.recipe.difference(recipe)}"
    damage = manifest.damage(run.step(stage.name))
    return f"damaged: {damage}" if damage else ""


def _run(
    run: RunDirectory,
    stage: Step,
    recipe: Recipe,
    options: Options,
    results: Mapping[str, Result],
    reporter: Reporter,
) -> Manifest:
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    inputs = {name: (results[name].path, results[name].manifest) for name in stage.inputs}
    partial = run.partial(stage.name)
    try:
        context = Context(options, partial, inputs, reporter, run.scratch(stage.name, recipe.key()))
        summary = json.loads(json.dumps(dict(stage.run(context)), allow_nan=False))
        _check_outputs(stage, partial)
        seconds = round(time.monotonic() - clock, 3)
        manifest = Manifest(stage.name, recipe, hash_files(partial), summary, started, seconds)
        manifest.write(partial)
        run.accept(stage.name, partial)
        run.clear_scratch(stage.name)
    except BaseException as error:
        reporter.end(stage, FAILED, time.monotonic() - clock, "")
        if _is_disk_full(error, run.path):
            _drop(partial)
            raise disk_full(run.path) from error
        if (
            isinstance(error, Exception)
            and partial is not None
            and partial.exists()
            and any(partial.iterdir())
        ):
            reporter.line(f"what {stage.name} had written is in {run.put_aside(stage.name, partial)}")
        else:
            _drop(partial)
        raise
    return manifest


def _check_outputs(stage: Step, folder: Path) -> None:
    """A stage that wrote nothing, or not what it declares, has not succeeded."""
    for name in stage.outputs:
        if not (folder / name).exists():
            raise ArtifactError(f"stage {stage.name} did not write {name}")
    if not any(folder.iterdir()):
        raise ArtifactError(f"stage {stage.name} wrote no files")


def _drop(partial: Path) -> None:
    with contextlib.suppress(OSError):
        remove(partial)


def _is_disk_full(error: BaseException, path: Path) -> bool:
    """Whether a full disk is behind ``error``: libraries and compilers often say it in their own words."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in FULL:
            return True
        cause = cause.__cause__ or cause.__context__
    return isinstance(error, Exception) and shutil.disk_usage(path).free < 2**20
