"""Where a plan runs: here, or on another machine over ssh. Either goes on behind the last finished step."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from toolkit.core.artifact import write_bytes
from toolkit.core.errors import BadOption, HostFailed, ToolFailed
from toolkit.core.paths import is_file
from toolkit.core.process import Command, execute
from toolkit.core.progress import Progress, silent
from toolkit.core.reading import read_archive
from toolkit.core.tools import Requirement, Tool, find
from toolkit.implement.plan import ARCHIVE, DONE, LOGS, RESULTS, SCRIPT, Plan

SAID = "vivado.log"
"""Log of the plan's script: which steps begin and end, and the errors of the one that fails."""
SSH = Requirement("ssh", ("ssh",), "OFFRAMP_SSH", "openssh-client", "openssh", version=r"OpenSSH_(\d+\.\d+)")
_HOST = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*")
_SSH_OPTIONS = ("-o", "BatchMode=yes", "-o", "ServerAliveInterval=30")
"""Ask for no password, and notice a connection that is gone."""
_FOLDER = ".cache/offramp/plans"
_FINISHED = re.compile(r"^offramp: (\w+) (?:was )?finished$", re.MULTILINE)
_ENDED = re.compile(r"^offramp: \w+ failed|\[Offramp missing\]", re.MULTILINE)
"""What the script says when a step finishes, and when it gives up; otherwise the connection ended."""


class Machine(Protocol):
    """A machine that runs plans."""

    def run(self, plan: Plan, folder: Path, progress: Progress = silent) -> bool:
        """Run the steps of a plan that have not finished there.

        Args:
            plan: the plan.
            folder: folder that receives marks, logs and results, and the log :data:`SAID`.
            progress: receiver of progress, in steps.

        Returns:
            Whether every step has finished; if not, the logs say why.

        Raises:
            HostFailed: another machine cannot be reached, or the connection ended.
        """


@dataclass(frozen=True)
class Here:
    """This machine, with the plan's tool installed."""

    tool: Tool

    def run(self, plan: Plan, folder: Path, progress: Progress = silent) -> bool:
        """See :class:`Machine`; the plan is unpacked into ``folder``."""
        plan.unpack(folder)
        command = ("env", f"{plan.description.variable}={shlex.join(self.tool.command)}", "sh")
        shell = Tool(self.tool.name, command, self.tool.version)
        return _finished(plan, shell, (SCRIPT,), folder, progress)


@dataclass(frozen=True)
class There:
    """Another machine, reached with ssh, that has the plan's tool.

    Attributes:
        host: ``USER@HOST`` as ssh takes it.
        ssh: the program.
    """

    host: str
    ssh: Tool

    @classmethod
    def named(cls, host: str) -> There:
        """Return the machine that ssh knows by this name.

        Raises:
            BadOption: it is no name of a machine.
            ToolMissing: there is no ssh.
        """
        require_host(host)
        return cls(host, find(SSH, ("-V",)))

    def run(self, plan: Plan, folder: Path, progress: Progress = silent) -> bool:
        """See :class:`Machine`; the plan lies in a folder of its own there, named after its digest."""
        there = f"{_FOLDER}/{plan.description.digest}"
        write_bytes(folder / ARCHIVE, plan.archive())
        self._call(f"mkdir -p {there} && tar xf - -C {there}", folder, "upload", f"< {ARCHIVE}")
        command = self._command(f"cd {there} && exec bash -l {SCRIPT}")
        done = _finished(plan, command, (), folder, progress)
        said = read_text(folder / SAID)
        if not done and not _ENDED.search(said):
            last = said.strip().splitlines()[-1:]
            raise _lost(self.host, last[0] if last else "nothing", _FINISHED.findall(said))
        parts = " ".join((DONE, LOGS, RESULTS))
        self._call(f"cd {there} && tar cf - {parts}", folder, "download", "> results.tar")
        for name, content in read_archive(folder / "results.tar", f"results of {self.host}").items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_bytes(folder / name, content)
        return done

    def _command(self, words: str, redirect: str = "") -> Tool:
        call = shlex.join((*self.ssh.command, *_SSH_OPTIONS, "-T", self.host, words))
        return Tool(f"{self.ssh.name} {self.host}", ("sh", "-c", f"exec {call} {redirect}"), self.ssh.version)

    def _call(self, words: str, folder: Path, name: str, redirect: str) -> None:
        try:
            execute(Command(name, self._command(words, redirect), ()), folder, folder / f"{name}.log")
        except ToolFailed as error:
            raise _lost(self.host, str(error.found)) from error


def require_host(name: str) -> None:
    """Refuse what is no name of a machine, such as an option of ssh.

    Raises:
        BadOption: so it is.
    """
    if not _HOST.fullmatch(name):
        raise BadOption("--remote", expected="USER@HOST", found=name)


def _finished(plan: Plan, tool: Tool, words: tuple[str, ...], folder: Path, progress: Progress) -> bool:
    """Run the plan's script and return whether it finished; what it says is in :data:`SAID`."""
    phases = tuple(rf"offramp: {step.name} (begins|was finished)" for step in plan.description.steps)
    try:
        execute(Command("vivado", tool, words, phases=phases), folder, folder / SAID, progress=progress)
    except ToolFailed:
        return False
    return True


def read_text(path: Path) -> str:
    """Return the text of a log, or nothing."""
    return path.read_text(encoding="utf-8", errors="replace") if is_file(path) else ""


def _lost(host: str, found: str, finished: list[str] | None = None) -> HostFailed:
    behind = f", behind step {finished[-1]}" if finished else ""
    fix = f"Run the same command again: it goes on where it was{behind}."
    return HostFailed(
        f"connection to {host}", expected="one that lasts, without a password", found=found, fix=fix
    )
