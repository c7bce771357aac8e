"""Runs external tools with log, progress and time limit; no tool outlives its caller."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

from toolkit.core.errors import OutputPathError, ToolFailed
from toolkit.core.paths import is_file
from toolkit.core.progress import Progress, silent
from toolkit.core.tools import Tool

_SHOWN = 5
_ERROR = re.compile(r"%error|\berror:", re.IGNORECASE)

Item = TypeVar("Item")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Command:
    """One run of one tool, as data. Files are named relative to the folder that it runs in.

    Attributes:
        name: label for messages and logs.
        tool: program that is run.
        arguments: arguments after the program's own command.
        results: files that the tool must write.
        texts: content of files to write before the run, by name.
        phases: regular expressions, in order; the line of output that one matches begins that phase.
        inputs: files from earlier runs that the tool reads.
    """

    name: str
    tool: Tool
    arguments: tuple[str, ...]
    results: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    phases: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()

    def line(self, folder: Path) -> tuple[str, ...]:
        """Return the whole command line, to be run in ``folder``."""
        # The WebAssembly builds of the tools see no file outside the folders that YOWASP_MOUNT names. What a
        # tool leaves in TMPDIR when it is killed goes with the folder.
        return ("env", f"YOWASP_MOUNT=/={folder}", f"TMPDIR={folder}", *self.tool.command, *self.arguments)

    @property
    def key(self) -> tuple[object, ...]:
        """Everything that decides the results, except the input files."""
        return (self.tool.name, self.tool.version, self.arguments, sorted(self.texts.items()))

    def phase(self, line: str) -> int | None:
        """Return the number, from 1, of the phase that a line of output begins; None if it begins none."""
        return next((i for i, start in enumerate(self.phases, 1) if re.match(start, line)), None)


class Running:
    """The set of running tools, shared by threads; after :meth:`end`, tools added later end at once."""

    def __init__(self) -> None:
        self._processes: set[subprocess.Popen[str]] = set()
        self._lock, self._ended = threading.Lock(), False

    def add(self, process: subprocess.Popen[str]) -> None:
        """Add a tool that has started."""
        with self._lock:
            self._processes.add(process)
            if self._ended:
                _kill(process)

    def discard(self, process: subprocess.Popen[str]) -> None:
        """Remove a tool that has ended."""
        with self._lock:
            self._processes.discard(process)

    def end(self) -> None:
        """Kill all tools."""
        with self._lock:
            self._ended = True
            for process in self._processes:
                _kill(process)


def side_by_side(
    work: Callable[[Item], Found], items: Iterable[Item], jobs: int, running: Running
) -> list[Found]:
    """Call ``work`` on all items, ``jobs`` at a time; returns the results in order.

    If a call fails or the caller is interrupted, the tools in ``running`` are killed and no other is started.
    """
    failed = threading.Event()

    def one(item: Item) -> Found:
        if failed.is_set():  # its thread is free before the caller knows of the failure
            raise CancelledError
        try:
            return work(item)
        except BaseException:
            failed.set()
            raise

    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        try:
            return list(pool.map(one, items))
        except BaseException:  # leaving the pool waits for running calls, so their tools are killed first
            pool.shutdown(wait=False, cancel_futures=True)
            running.end()
            raise


def execute(
    command: Command,
    folder: Path,
    log: Path | None = None,
    *,
    timeout_s: float | None = None,
    progress: Progress = silent,
    running: Running | None = None,
) -> None:
    """Run a command in a folder and wait for it.

    Args:
        command: command to run; its input files must be in ``folder``.
        folder: working folder, which receives the results.
        log: file for everything the tool prints, kept on failure as well; None: the output is discarded.
        timeout_s: seconds after which the tool is killed.
        progress: called at the beginning of each phase.
        running: set that holds the tool while it runs, so that another thread can kill it.

    Raises:
        ToolFailed: the tool failed, was killed, took too long or did not write a result; the message shows
            its first errors or last lines.
        OutputPathError: the log cannot be written.
    """
    for name, text in command.texts.items():
        (folder / name).write_text(text)
    progress(command.name, 0, max(1, len(command.phases)))
    with _opened(log, folder) as file:
        code, late = _watch(command, folder, file.write, timeout_s, progress, running or Running())
        missing = [name for name in command.results if not is_file(folder / name)]
        if code or late or missing:
            file.seek(0)
            found = _ending(code) if code else f"no {', '.join(missing)}"
            raise ToolFailed(
                f"{command.name} by {command.tool.name} {command.tool.version}",
                expected="an end in time" if late else "its results",
                found=f"{f'none after {timeout_s:g} s' if late else found}: {_told(file)}",
                fix=f"The whole log is {log}." if log else "",
            )


def _opened(log: Path | None, folder: Path) -> IO[str]:
    if log is None:  # kept for the message of an error only, so without a name
        path = folder / f".output-{threading.get_ident()}"
        file = path.open("w+", errors="replace")
        path.unlink()
        return file
    try:
        return log.open("w+", errors="replace")
    except OSError as problem:
        expected = "a file that can be written"
        raise OutputPathError(f"log {log}", expected=expected, found=problem.strerror) from problem


def _told(log: Iterable[str]) -> str:
    """Return the first errors in a log, else its last lines, in one line."""
    lines = [line.strip() for line in log if line.strip()]
    errors = [line for line in lines if _ERROR.search(line)]
    return " | ".join(errors[:_SHOWN] or lines[-_SHOWN:]) or "it said nothing"


def _watch(
    command: Command,
    folder: Path,
    write: Callable[[str], object],
    timeout_s: float | None,
    progress: Progress,
    running: Running,
) -> tuple[int, bool]:
    """Run the command, killing it at the time limit; returns the exit code and whether it took too long."""
    late = threading.Event()
    with subprocess.Popen(
        command.line(folder),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # its own process group, so that the tool's children can be killed with it
    ) as process:

        def stop() -> None:
            late.set()
            _kill(process)

        timer = threading.Timer(timeout_s, stop) if timeout_s is not None else None
        running.add(process)
        try:
            if timer is not None:
                timer.start()
            before = None
            for line in process.stdout or ():
                write(line)
                now = command.phase(line)
                if now not in (None, before):
                    progress(command.name, now, len(command.phases))
                before = now or before
            code = process.wait()
        except BaseException:
            _kill(process)
            raise
        finally:
            running.discard(process)
            if timer is not None:
                timer.cancel()
    return code, late.is_set()


def _kill(process: subprocess.Popen[str]) -> None:
    """Kill a tool and all processes it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _ending(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
