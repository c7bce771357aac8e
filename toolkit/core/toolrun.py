"""One run of one tool as data: what it is started with, what it reads and what it must leave.

Each run has a folder of its own that holds its inputs, and names all files relative to it: pip's WebAssembly
tools see that folder as their root and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from toolkit.core.tools import Tool


@dataclass(frozen=True)
class Phases:
    """What a tool does one after the other, told from its log.

    Attributes:
        names: of all phases, in order.
        of: the phase that begins with a line of the log; None: none does.
    """

    names: tuple[str, ...] = ()
    of: Callable[[str], str | None] = lambda line: None


@dataclass(frozen=True)
class ToolRun:
    """One run of one tool.

    Attributes:
        name: in messages, of its log and for progress.
        tool: what is started.
        arguments: what it is started with, after its own command.
        results: files it must leave.
        inputs: files of the run before that it reads.
        texts: content of files to write before, by name.
        phases: what it does one after the other.
    """

    name: str
    tool: Tool
    arguments: tuple[str, ...]
    results: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    phases: Phases = Phases()

    def command(self, folder: Path) -> tuple[str, ...]:
        """The whole command line, for ``folder``."""
        return ("env", f"YOWASP_MOUNT=/={folder}", *self.tool.command, *self.arguments)

    @property
    def key(self) -> tuple[object, ...]:
        """Everything about the run that its results depend on, except its input files."""
        return (self.tool.name, self.tool.version, self.arguments, sorted(self.texts.items()))
