"""Runs steps in order, each only if something that determines its result has changed."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from toolkit.core.env import settings
from toolkit.core.errors import ArtifactError, DiskFull
from toolkit.core.memory import PeakMemory
from toolkit.core.outputs import FULL, disk_full, free_bytes
from toolkit.core.store import Store
from toolkit.flow.foreign import applicable
from toolkit.flow.manifest import Manifest, Recipe
from toolkit.flow.options import Options
from toolkit.flow.rundir import RunDirectory, remove
from toolkit.flow.step import Context, Reporter, Step

DONE, UP_TO_DATE, FAILED = "done", "up to date", "failed"


@dataclass(frozen=True)
class Result:
    """The end of a step: ``outcome`` is ``"done"`` or ``"up to date"``."""

    step: str
    outcome: str
    path: Path
    manifest: Manifest


def needed(order: Sequence[Step], goals: Iterable[str]) -> tuple[Step, ...]:
    """Return the steps that ``goals`` (names) depend on, themselves included, in order.

    Raises:
        ValueError: a step reads another that does not come before it.
    """
    wanted = set(goals)
    before = {step.name: {earlier.name for earlier in order[:i]} for i, step in enumerate(order)}
    for step in reversed(order):
        if late := set(step.inputs) - before[step.name]:
            raise ValueError(f"step {step.name} reads {', '.join(sorted(late))}, which do not come before it")
        if step.name in wanted:
            wanted.update(step.inputs)
    return tuple(step for step in order if step.name in wanted)


def require(steps: Sequence[Step], options: Options) -> None:
    """Refuse what a step could not do, before anything is made.

    Raises:
        OfframpError: whatever a step raises.
    """
    for step in steps:
        step.require(options)


def bring_up_to_date(
    path: Path, options: Options, steps: Sequence[Step], reporter: Reporter, weights: bytes | None = None
) -> list[Result]:
    """Open the run directory ``path`` and bring ``steps`` up to date there.

    Args:
        weights: a file of float weights to keep in the run and to start from.

    Raises:
        OfframpError: as :func:`execute`; the run directory cannot be used.
    """
    steps = applicable(steps, options)
    require(steps, options)
    with RunDirectory.open(path) as run:
        if weights is not None:
            run.record(options)  # so that no file is put into another run
            options = options.changed(weights=run.keep_weights(weights))
        return execute(run, steps, options, reporter)


def execute(run: RunDirectory, steps: Sequence[Step], options: Options, reporter: Reporter) -> list[Result]:
    """Bring ``steps`` up to date, in the order given.

    Args:
        run: an open (locked) run directory.
        steps: with every step's inputs before it, as :func:`needed` gives them.
        options: options of the run; recorded before the first step runs.
        reporter: receiver of the progress of each step.

    Raises:
        OutputPathError: a disk is full, the directory belongs to another run, or a step must run and the
            cache folder cannot be written; no partial files remain.
        OfframpError: any error of a step; its files are moved to ``STEP.failed``.
    """
    run.record(options)
    results: dict[str, Result] = {}
    for step in steps:
        recipe = _recipe(step, options, results)
        why = _why(run, step, recipe)
        manifest = run.manifest(step.name)
        outcome, seconds = UP_TO_DATE, 0.0
        if why or manifest is None:
            Store().require()
            reporter.begin(step, why)
            manifest = _run(run, step, recipe, options, results, reporter)
            outcome, seconds = DONE, manifest.seconds
        reporter.end(step, outcome, seconds, manifest.message)
        step.admit(options, run.step(step.name))
        results[step.name] = Result(step.name, outcome, run.step(step.name), manifest)
    return list(results.values())


def outdated(run: RunDirectory, steps: Sequence[Step], options: Options) -> str:
    """Describe why the last of ``steps`` is not what ``options`` give; empty if it is, or has not finished.

    Looks at options and at the results that each step was made from, not at the source of this package.
    """
    digests: dict[str, str] = {}
    steps = applicable(steps, options)
    for step in steps:
        manifest = run.manifest(step.name)
        if manifest is None:
            return f"{step.name} has not finished" if step is not steps[-1] else ""
        inputs = {name: digests[name] for name in step.inputs}
        wanted = _plain(Recipe(inputs=inputs, options={name: options.value(name) for name in step.options}))
        recipe = Recipe(inputs=manifest.recipe.inputs, options=manifest.recipe.options)
        if difference := recipe.difference(wanted):
            return f"{step.name} of other values ({difference})"
        digests[step.name] = manifest.digest
    return ""


def _plain(recipe: Recipe) -> Recipe:
    """Return a recipe as it comes back from its file: JSON turns tuples into lists and keys into strings."""
    return Recipe.model_validate_json(recipe.model_dump_json())


def _recipe(step: Step, options: Options, results: Mapping[str, Result]) -> Recipe:
    return _plain(
        Recipe(
            inputs={name: results[name].manifest.digest for name in step.inputs},
            external=step.external(options),
            options={name: options.value(name) for name in step.options},
            versions=step.versions(options),
            code=step.code_digest(),
        )
    )


def _why(run: RunDirectory, step: Step, recipe: Recipe) -> str:
    """Describe why the step must run; empty if it is up to date."""
    manifest = run.manifest(step.name)
    if manifest is None:
        return "not run yet"
    if manifest.recipe.key() != recipe.key():
        return f"changed: {manifest.recipe.difference(recipe)}"
    damage = manifest.damage(run.step(step.name))
    return f"damaged: {damage}" if damage else ""


def _run(
    run: RunDirectory,
    step: Step,
    recipe: Recipe,
    options: Options,
    results: Mapping[str, Result],
    reporter: Reporter,
) -> Manifest:
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    inputs = {name: (results[name].path, results[name].manifest) for name in step.inputs}
    partial = run.partial(step.name)
    try:
        context = Context(options, partial, inputs, reporter, run.scratch(step.name, recipe.key()))
        with PeakMemory() as peak:
            summary = json.loads(json.dumps(dict(step.run(context)), allow_nan=False))
        _check_outputs(step, partial)
        seconds = round(time.monotonic() - clock, 3)
        manifest = Manifest.of(
            step.name, partial, recipe, summary, started=started, seconds=seconds, peak_bytes=peak.bytes
        )
        manifest.save(partial)
        run.accept(step.name, partial)
        run.clear_scratch(step.name)
    except BaseException as error:
        reporter.end(step, FAILED, time.monotonic() - clock, "")
        if isinstance(error, DiskFull):
            _drop(partial)
            raise
        if (full := _full_disk(error, run.path)) is not None:
            _drop(partial)
            raise disk_full(full) from error
        if isinstance(error, Exception) and partial.exists() and any(partial.iterdir()):
            reporter.line(f"what {step.name} had written is in {run.put_aside(step.name, partial)}")
        else:
            _drop(partial)
        raise
    return manifest


def _check_outputs(step: Step, folder: Path) -> None:
    """Refuse a step that wrote no files, or not those that it declares."""
    for name in step.outputs:
        if not (folder / name).exists():
            raise ArtifactError(f"step {step.name} did not write {name}")
    if not any(folder.iterdir()):
        raise ArtifactError(f"step {step.name} wrote no files")


def _drop(partial: Path) -> None:
    with contextlib.suppress(OSError):
        remove(partial)


def _full_disk(error: BaseException, run: Path) -> Path | None:
    """Return the folder, of the run or of the cache, whose full disk caused ``error``; None: another cause.

    Compilers report it in their own words, without an errno.
    """
    if not isinstance(error, Exception):
        return None
    folders = (run, settings().cache_dir)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in FULL:
            return min(folders, key=free_bytes)
        cause = cause.__cause__ or cause.__context__
    return next((folder for folder in folders if free_bytes(folder) < 2**20), None)
