"""The directory of one run: locked while it is worked on, a folder per finished step.

::

    DIR/run.json            the options of the last run
    DIR/STEP/               a finished step: its files and manifest.json
    DIR/STEP.partial-PID/   a running step; removed by the next run if this one is killed
    DIR/STEP.failed/        files of a failed step
    DIR/weights-HEX.pt      weights that came with the network, of a module in Python
    DIR/.scratch/           state of a long step, used again after a kill
    DIR/.lock
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidatorFunctionWrapHandler, field_validator

from toolkit.core.artifact import Artifact, write_bytes
from toolkit.core.errors import ArtifactError, OutputPathError, one_line
from toolkit.core.outputs import require_folder, writing
from toolkit.core.paths import is_file
from toolkit.flow.lock import exclusive
from toolkit.flow.manifest import Manifest
from toolkit.flow.options import DECLARED, Options


def came_along(weights: Path) -> bool:
    """Whether weights are those that came with the network, which :meth:`RunDirectory.keep_weights` wrote."""
    return re.fullmatch(r"weights-[0-9a-f]{16}\.pt", weights.name) is not None


def weights_said(weights: Path) -> str:
    """Return a file of weights as messages name it."""
    return "that came with the network" if came_along(weights) else one_line(weights.name)


class RunRecord(Artifact):
    """The options of the last run in a directory."""

    FILE: ClassVar[str] = "run.json"
    SCHEMA: ClassVar[int] = 2
    FIX: ClassVar[str] = "Choose another --out, or remove it."

    options: Options

    @field_validator("options", mode="wrap")
    @classmethod
    def _complete(cls, value: Any, validated: ValidatorFunctionWrapHandler) -> Options:
        """Refuse a record on disk that lacks an option: a default in its place would hide the damage."""
        options: Options = validated(value)
        if isinstance(value, dict):
            for one in DECLARED.values():
                if one.name not in value.get(one.group, {}):
                    raise ValueError(f"{one.group}.{one.name} among all options")
        return options


class RunDirectory:
    """Paths and records of one run. :meth:`open` locks it; reading a finished run needs no lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    @contextlib.contextmanager
    def open(cls, path: Path) -> Iterator[RunDirectory]:
        """Create or reopen ``path`` and lock it; half-written folders of killed runs are removed.

        Raises:
            OutputPathError: ``path`` is a file, cannot be written, or holds something other than a run.
            RunBusy: another process works in it.
            ArtifactError: another version of Offramp wrote it, or its record is damaged.
        """
        require_folder(path)
        run = cls(path)
        with contextlib.ExitStack() as held:
            with writing(path):
                run._claim()
                run.require_own()  # before the lock is written, which could be a link
                held.enter_context(exclusive(path / ".lock", f"run directory {path}"))
                run.require_current()
                # Only the holder of the lock writes such folders. That is this process now, so their writers
                # were killed.
                for folder in path.glob("*.partial-*"):
                    remove(folder)
            yield run

    def _claim(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        if any(self.path.iterdir()) and not (self.path / ".lock").exists():
            fix = "Choose an empty or new folder with --out."
            raise OutputPathError(
                f"output path {self.path}",
                expected="a run",
                found="other files, which stay untouched",
                fix=fix,
            )

    def step(self, name: str) -> Path:
        """Return the folder of a finished step, whatever it holds; for reading it is :meth:`result`."""
        return self.path / name

    def result(self, name: str) -> Path:
        """Return the folder of a finished step; every file in it is the one that the step wrote.

        Raises:
            ArtifactError: another version wrote the run, the step has not finished, or a file is missing, was
                added or changed: names it.
        """
        self.require_current()
        folder, again = self.step(name), f"offramp build {self.path}"
        if not Manifest.exists(folder):
            expected = f"a finished step {name}"
            raise ArtifactError(
                f"run {self.path}", expected=expected, found="none", fix=f"Finish it: {again}"
            )
        manifest = Manifest.load(folder)
        damage = manifest.damage(folder) if manifest.step == name else f"the files of {manifest.step}"
        if damage:
            fix = f"If the run is yours, {again} makes the step again; if not, do not trust it."
            raise ArtifactError(f"{folder} is damaged", expected="what the step wrote", found=damage, fix=fix)
        return folder

    def require_own(self) -> None:
        """Check that everything in the directory is a file or a folder of its own.

        Raises:
            ArtifactError: a link leads out of it, or something else lies in it (a pipe, a device).
        """
        root = self.path.resolve()
        for folder, folders, files in os.walk(root):
            for path in (Path(folder, name) for name in (*folders, *files)):
                if found := _foreign(path, root):
                    raise ArtifactError(
                        f"{self.path / path.relative_to(root)}",
                        expected="a file or folder of the run",
                        found=found,
                        fix="Remove it. If the run is not yours, do not trust it.",
                    )

    def manifest(self, name: str) -> Manifest | None:
        """Read the manifest of a step; None if the step has not finished, or its manifest is damaged."""
        try:
            manifest = Manifest.load(self.step(name))
        except ArtifactError:
            return None
        return manifest if manifest.step == name else None

    def options(self) -> Options:
        """Read the options of the last run in this directory.

        Raises:
            ArtifactError: no run was started here, its record is damaged or of another version, or a link
                leads out of it.
        """
        self.require_own()
        options = RunRecord.load(self.path).options
        kept = options.network.weights
        if kept is not None and came_along(kept) and is_file(self.path / kept.name):
            return options.changed(weights=self.path / kept.name)  # the directory may have been moved
        return options

    def require_current(self) -> None:
        """Refuse a run that another version of Offramp wrote; an empty directory is fine.

        Raises:
            ArtifactError: another version wrote the run, its record is damaged, or a link leads out of it.
        """
        self.require_own()
        RunRecord.find(self.path)

    def record(self, options: Options) -> None:
        """Record the options of the run that starts.

        Raises:
            OutputPathError: the directory holds a run of another model or dataset.
            ArtifactError: it holds a run of another version, or a damaged record.
        """
        if old := RunRecord.find(self.path):
            names = [f"{one.network.model} on {one.data.dataset}" for one in (options, old.options)]
            if names[0] != names[1]:
                raise OutputPathError(
                    f"run directory {self.path}",
                    expected=names[0],
                    found=names[1],
                    fix="Choose another --out.",
                )
        with writing(self.path):
            RunRecord(options=options).save(self.path)

    def keep_weights(self, data: bytes) -> Path:
        """Write a file of weights into the run, in the place of an earlier one; its name is its digest."""
        file = self.path / f"weights-{hashlib.sha256(data).hexdigest()[:16]}.pt"
        with writing(self.path):
            write_bytes(file, data)
            for old in self.path.iterdir():
                if came_along(old) and old != file:
                    old.unlink()
        return file

    def partial(self, name: str) -> Path:
        """Create an empty folder for a running step."""
        folder = self.path / f"{name}.partial-{os.getpid()}"
        with writing(self.path):
            folder.mkdir()
        return folder

    def accept(self, name: str, partial: Path) -> None:
        """Rename the folder of a finished step; if the process is killed before that, the step runs again."""
        remove(self.path / f"{name}.failed")
        remove(self.step(name))
        partial.replace(self.step(name))

    def put_aside(self, name: str, partial: Path) -> Path:
        """Rename the folder of a failed step to ``STEP.failed``, replacing that of an earlier failure."""
        failed = self.path / f"{name}.failed"
        remove(failed)
        return partial.replace(failed)

    def scratch(self, name: str, key: str) -> Path:
        """Return the path of a step's scratch folder for this recipe; it is not created."""
        return self.path / ".scratch" / f"{name}-{key[:16]}"

    def clear_scratch(self, name: str) -> None:
        """Remove the step's scratch folders of all recipes."""
        for folder in (self.path / ".scratch").glob(f"{name}-*"):
            remove(folder)


def _foreign(path: Path, root: Path) -> str:
    """Describe an entry of a run that is not its own; empty if it is."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            with contextlib.suppress(FileNotFoundError):
                path.resolve(strict=True)  # from Python 3.13 on only this finds a link without an end
            return "" if path.resolve().is_relative_to(root) else "a link that leads out of it"
    except FileNotFoundError:  # removed meanwhile, by another process
        return ""
    except (OSError, RuntimeError):
        return "a link without an end"
    return "" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else "something else"


def remove(folder: Path) -> None:
    """Remove a folder if it exists."""
    if folder.exists():
        shutil.rmtree(folder)
