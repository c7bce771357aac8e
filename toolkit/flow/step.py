"""A stage of the flow, declared once: its name, what it reads, what decides its result, what it does."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

from toolkit.core.artifact import files_below, sha256_json
from toolkit.flow.manifest import Manifest
from toolkit.flow.options import Options


class Reporter(Protocol):
    """Who is told how a run goes on (a terminal, a log, nobody)."""

    def begin(self, stage: Step, why: str) -> None:
        """``stage`` starts, since ``why``."""

    def progress(self, label: str, done: int, total: int) -> None:
        """The stage that runs has done so much of ``label``."""

    def line(self, text: str) -> None:
        """The stage that runs has something to say."""

    def end(self, stage: Step, outcome: str, seconds: float, says: str) -> None:
        """``stage`` is over: ``"done"``, ``"up to date"`` or ``"failed"``. ``says``: its result in a line."""


@dataclass(frozen=True)
class Context:
    """What a running stage is given.

    Args:
        options: the run's options.
        out: an empty folder for its files; it takes the stage's name when the stage has finished.
        inputs: stage name -> (folder, manifest) of each stage it declared as an input.
        reporter: where progress goes.
        scratch_path: see :attr:`scratch`.
    """

    options: Options
    out: Path
    inputs: Mapping[str, tuple[Path, Manifest]]
    reporter: Reporter
    scratch_path: Path

    def input(self, stage: str) -> Path:
        """The folder of a finished input stage."""
        return self.inputs[stage][0]

    def summary(self, stage: str) -> Mapping[str, Any]:
        """What a finished input stage said of its result."""
        return self.inputs[stage][1].summary

    def seconds(self) -> dict[str, float]:
        """Wall time of each input stage."""
        return {name: manifest.seconds for name, (_, manifest) in self.inputs.items()}

    def progress(self, label: str, done: int, total: int) -> None:
        """Tell how far the stage is; callable as often as one likes."""
        self.reporter.progress(label, done, total)

    @cached_property
    def scratch(self) -> Path:
        """A folder that outlives a kill and is found again by the same stage with the same recipe.

        Training keeps its state here. It is removed when the stage has finished.
        """
        self.scratch_path.mkdir(parents=True, exist_ok=True)
        return self.scratch_path


def _nothing(options: Options) -> dict[str, str]:
    return {}


def _content(options: Options, summary: Mapping[str, Any]) -> None:
    pass


@dataclass(frozen=True)
class Step:
    """One step of the flow.

    Args:
        name: also its folder's name and its subcommand's.
        description: one line, shown in help and progress.
        run: writes files into ``context.out`` and returns a JSON-able summary, whose ``"says"``, if there is
            one, is a line for people; imports what it needs inside.
        inputs: stages it reads.
        options: names of the options that decide its result.
        settings: names of further options that it takes: they decide nothing, or a file's content does.
        external: digests of files from outside the run that it reads.
        packages: distributions whose version decides its result.
        tools: versions of programs that decide its result.
        code: our packages whose source decides its result (``"toolkit.export"``). Training names none: an
            hour of work is not thrown away over a comment.
        admit: refuses options that its result cannot serve, before later stages spend time on it.
        outputs: files it must have written.
    """

    name: str
    description: str
    run: Callable[[Context], Mapping[str, Any]]
    inputs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    external: Callable[[Options], Mapping[str, str]] = _nothing
    packages: tuple[str, ...] = ()
    tools: Callable[[], Mapping[str, str]] = dict
    code: tuple[str, ...] = ()
    admit: Callable[[Options, Mapping[str, Any]], None] = _content
    outputs: tuple[str, ...] = ()

    def versions(self) -> dict[str, str]:
        """Package or program -> version."""
        return {**{name: importlib.metadata.version(name) for name in self.packages}, **self.tools()}

    def code_digest(self) -> str:
        """Digest of the source files of :attr:`code`."""
        return sha256_json({name: _source_digest(name) for name in self.code}) if self.code else ""


@lru_cache(maxsize=64)
def _source_digest(package: str) -> str:
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(package)
    digest = hashlib.sha256()
    if spec.submodule_search_locations:  # a package, or a folder of RTL, which has no __init__.py
        files = files_below(Path(next(iter(spec.submodule_search_locations))))
    else:
        origin = Path(str(spec.origin))
        files = iter([(origin.name, origin)])
    for name, path in files:
        # Compiled files change by themselves; shipped checkpoints are data with digests of their own.
        if not {"__pycache__", "checkpoints"} & set(name.split("/")):
            digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()
