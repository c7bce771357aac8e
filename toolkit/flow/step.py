"""The declaration of a step of the flow: its name, its inputs, its options and the function that runs it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from toolkit.core.nothing import leave_reason
from toolkit.core.sources import whole_digest
from toolkit.flow.manifest import Manifest
from toolkit.flow.options import Options


class Reporter(Protocol):
    """Receives the progress of a run (a terminal, a log, nothing)."""

    def begin(self, step: Step, why: str) -> None:
        """Report that ``step`` starts, and why it must run."""

    def progress(self, label: str, done: int, total: int) -> None:
        """Report that the running step has completed ``done`` of ``total`` units of ``label``."""

    def line(self, text: str) -> None:
        """Report a message of the running step."""

    def end(self, step: Step, outcome: str, seconds: float, message: str) -> None:
        """Report that ``step`` is ``"done"``, ``"up to date"`` or ``"failed"``; ``message`` is its result."""


@dataclass(frozen=True)
class Context:
    """The inputs of a running step.

    Attributes:
        options: options of the run.
        out: empty folder for the step's files; renamed to the step's name when the step has finished.
        inputs: step -> (folder, manifest), of each step that is declared as an input.
        reporter: receiver of progress.
        scratch_path: path of :attr:`scratch`.
    """

    options: Options
    out: Path
    inputs: Mapping[str, tuple[Path, Manifest]]
    reporter: Reporter
    scratch_path: Path

    def input(self, step: str) -> Path:
        """Return the folder of a finished input step."""
        return self.inputs[step][0]

    def message(self, step: str) -> str:
        """Return the message of a finished input step; its result is read from its folder, by its owner."""
        return self.inputs[step][1].message

    def seconds(self) -> dict[str, float]:
        """Return the wall time of each input step, in seconds."""
        return {name: manifest.seconds for name, (_, manifest) in self.inputs.items()}

    def peaks(self) -> dict[str, int]:
        """Return the most memory that each input step took, in bytes; 0: not known."""
        return {name: manifest.peak_bytes for name, (_, manifest) in self.inputs.items()}

    def progress(self, label: str, done: int, total: int) -> None:
        """Report progress; this method is a :data:`toolkit.core.progress.Progress`."""
        self.reporter.progress(label, done, total)

    def nothing(self, why: str) -> dict[str, Any]:
        """Finish without a result: write the reason into the step's folder and return the summary."""
        leave_reason(self.out, why)
        return {"message": why}

    @cached_property
    def scratch(self) -> Path:
        """A folder that survives a kill; the same step with the same recipe gets it again.

        Training saves its state here. The folder is removed when the step has finished.
        """
        self.scratch_path.mkdir(parents=True, exist_ok=True)
        return self.scratch_path


def _nothing(options: Options) -> dict[str, str]:
    return {}


def _possible(options: Options) -> None:
    pass


def _content(options: Options, folder: Path) -> None:
    pass


@dataclass(frozen=True)
class Step:
    """One step of the flow.

    Attributes:
        name: name of the step, of its folder and of its subcommand.
        description: one line, shown in help and progress.
        run: function that writes files into ``context.out`` and returns a JSON-able summary; the entry
            ``"message"``, if there is one, is shown to the user. It imports heavy packages inside, so that
            ``offramp --help`` stays fast.
        inputs: names of the steps whose results it reads.
        options: names of the options that determine its result.
        settings: names of further options that it accepts; the result does not depend on them, or only on the
            content of a file, which is in ``external``.
        external: function that returns the digests of the files from outside the run that it reads.
        packages: distributions on whose version its result depends.
        tools: function that returns the versions of programs on which its result depends.
        code: whether its result depends on Offramp's source files. A step with long work caches it by
            content, so running it again is cheap. Training is exempt: a comment must not cost an hour.
        require: function that refuses options with which the step cannot work, before any step runs.
        admit: function that refuses options for which its result, in the folder given, is unsuitable, before
            later steps run.
        outputs: names of files that it must write.
        of_files: whether a run of a QONNX file has it, which has no layers as data, no exits and no training.
    """

    name: str
    description: str
    run: Callable[[Context], Mapping[str, Any]]
    inputs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    external: Callable[[Options], Mapping[str, str]] = _nothing
    packages: tuple[str, ...] = ()
    tools: Callable[[Options], Mapping[str, str]] = _nothing
    code: bool = True
    require: Callable[[Options], None] = _possible
    admit: Callable[[Options, Path], None] = _content
    outputs: tuple[str, ...] = ()
    of_files: bool = False

    def versions(self, options: Options) -> dict[str, str]:
        """Return package or program -> version."""
        return {**{name: importlib.metadata.version(name) for name in self.packages}, **self.tools(options)}

    def code_digest(self) -> str:
        """Return the digest of Offramp's source files; empty if the step does not depend on them."""
        return whole_digest() if self.code else ""
