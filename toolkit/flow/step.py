"""A step of the flow, declared once: its name, what it reads, what decides its result, what it does."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from toolkit.core.sources import whole_digest
from toolkit.flow.manifest import Manifest
from toolkit.flow.options import Options


class Reporter(Protocol):
    """Who is told how a run goes on (a terminal, a log, nobody)."""

    def begin(self, step: Step, why: str) -> None:
        """``step`` starts, since ``why``."""

    def progress(self, label: str, done: int, total: int) -> None:
        """The running step has done so much of ``label``."""

    def line(self, text: str) -> None:
        """The running step has something to tell."""

    def end(self, step: Step, outcome: str, seconds: float, message: str) -> None:
        """``step`` is over: ``"done"``, ``"up to date"`` or ``"failed"``; its result in a line."""


@dataclass(frozen=True)
class Context:
    """What a running step is given.

    Attributes:
        options: the run's options.
        out: an empty folder for its files; it takes the step's name when the step has finished.
        inputs: step -> (folder, manifest) of each step it declared as an input.
        reporter: where progress goes.
        scratch_path: see :attr:`scratch`.
    """

    options: Options
    out: Path
    inputs: Mapping[str, tuple[Path, Manifest]]
    reporter: Reporter
    scratch_path: Path

    def input(self, step: str) -> Path:
        """The folder of a finished input step."""
        return self.inputs[step][0]

    def summary(self, step: str) -> Mapping[str, Any]:
        """A finished input step's account of its result."""
        return self.inputs[step][1].summary

    def seconds(self) -> dict[str, float]:
        """Wall time of each input step."""
        return {name: manifest.seconds for name, (_, manifest) in self.inputs.items()}

    def progress(self, label: str, done: int, total: int) -> None:
        """Tell how far the step is: a :data:`toolkit.core.progress.Progress`."""
        self.reporter.progress(label, done, total)

    def nothing(self, why: str) -> dict[str, Any]:
        """Finish without a result: leaves the reason in the step's folder; the summary of the step."""
        (self.out / "nothing.txt").write_text(f"{why}\n")
        return {"message": why}

    @cached_property
    def scratch(self) -> Path:
        """A folder that outlives a kill and is found again by the same step with the same recipe.

        Training keeps its state here. It is removed when the step has finished.
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

    Attributes:
        name: also its folder's name and its subcommand's.
        description: one line, shown in help and progress.
        run: function that writes files into ``context.out`` and returns a JSON-able summary; the entry
            ``"message"``, if there is one, is shown to the user. It imports heavy packages inside, so that
            ``offramp --help`` stays fast.
        inputs: steps it reads.
        options: names of the options that decide its result.
        settings: names of further options that it takes: they decide nothing, or a file's content does.
        external: digests of files from outside the run that it reads.
        packages: distributions whose version decides its result.
        tools: versions of programs that decide its result.
        code: whether our source files decide its result. What takes long to make again keeps its parts in the
            store, by content. Training is exempt: an hour of work is not thrown away over a comment.
        admit: refuses options that its result cannot serve, before later steps spend time on it.
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
    code: bool = True
    admit: Callable[[Options, Mapping[str, Any]], None] = _content
    outputs: tuple[str, ...] = ()

    def versions(self) -> dict[str, str]:
        """Package or program -> version."""
        return {**{name: importlib.metadata.version(name) for name in self.packages}, **self.tools()}

    def code_digest(self) -> str:
        """Digest of all our source files, if they count."""
        return whole_digest() if self.code else ""
