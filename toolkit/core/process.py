"""Runs a tool: log file, progress, time limit; no tool survives the run and no half result counts."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from toolkit.core.errors import OutputPathError, ToolFailed
from toolkit.core.toolrun import ToolRun

Progress = Callable[[str, str], None]
"""Called with the step's name and what it does now; from several threads where steps run side by side."""

_SHOWN = 5
_ERROR = re.compile(r"\berror:", re.IGNORECASE)


class Running:
    """Tools that run now, in several threads; once ended, those that start later end at once."""

    def __init__(self) -> None:
        self._processes: set[subprocess.Popen[str]] = set()
        self._lock, self._ended = threading.Lock(), False

    def add(self, process: subprocess.Popen[str]) -> None:
        """A tool has started."""
        with self._lock:
            self._processes.add(process)
            if self._ended:
                _kill(process)

    def discard(self, process: subprocess.Popen[str]) -> None:
        """A tool has ended."""
        with self._lock:
            self._processes.discard(process)

    def end(self) -> None:
        """End them all."""
        with self._lock:
            self._ended = True
            for process in self._processes:
                _kill(process)


def execute(
    step: ToolRun,
    folder: Path,
    log: Path,
    *,
    timeout_s: float | None = None,
    progress: Progress | None = None,
    running: Running | None = None,
) -> None:
    """Run a step in its folder.

    Args:
        step: what to run; its input files must be in ``folder``.
        folder: where it runs; nobody may read its results before the step has ended.
        log: everything the tool says; kept, whatever happens.
        timeout_s: seconds after which the tool is ended.
        progress: told when a phase begins.
        running: the tool is in it while it runs, so that another thread can end it.

    Raises:
        ToolFailed: it failed, was killed, took too long or left a result out; its last lines are shown.
        OutputPathError: the log cannot be written.
    """
    for name, text in step.texts.items():
        (folder / name).write_text(text)
    if progress is not None:
        progress(step.name, "starting")
    try:
        file = log.open("w")
    except OSError as problem:
        expected = "a file that can be written"
        raise OutputPathError(f"log {log}", expected=expected, found=problem.strerror) from problem
    with file:
        code, late = _watch(step, folder, file.write, timeout_s, progress, running or Running())
    missing = [name for name in step.results if not (folder / name).is_file()]
    if code or late or missing:
        what = f"{step.name} by {step.tool.name} {step.tool.version}"
        why = f"none after {timeout_s:g} s" if late else _ending(code) if code else f"no {', '.join(missing)}"
        fix = f"The whole log is {log}."
        expected = "an end in time" if late else "its results"
        raise ToolFailed(what, expected=expected, found=f"{why}: {last_lines(log)}", fix=fix)


def last_lines(log: Path) -> str:
    """The errors in a log, else its last lines, in one line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.search(line)]
    return " | ".join((errors or lines)[-_SHOWN:]) or "it said nothing"


def _watch(
    step: ToolRun,
    folder: Path,
    write: Callable[[str], object],
    timeout_s: float | None,
    progress: Progress | None,
    running: Running,
) -> tuple[int, bool]:
    """Run the command to its end, or end it; its exit code, and whether it took too long."""
    late = threading.Event()
    with subprocess.Popen(
        step.command(folder),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # so that all its processes can be ended
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
                now = step.phases.of(line)
                if now not in (None, before) and progress is not None:
                    progress(step.name, now)
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
    """End a tool with all processes it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _ending(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
