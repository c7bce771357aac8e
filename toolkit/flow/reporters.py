"""Shows the progress of a run on standard error: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from toolkit.flow.step import Reporter, Step

SECONDS_BETWEEN_LINES = 10.0
MOST_BARS = 8
"""Bars that are shown at once, if some are full."""


def make_reporter(quiet: bool) -> Reporter:
    """Return the reporter that suits standard error."""
    if quiet:
        return Plain(talk=False)
    return Bars() if sys.stderr.isatty() else Plain()


def reporter_of(progress: bool | Reporter) -> Reporter:
    """Return the reporter that a call in Python asks for: none, what suits standard error, or its own."""
    if isinstance(progress, bool):
        return make_reporter(quiet=False) if progress else Silent()
    return progress


def _outcome(step: Step, outcome: str, seconds: float, message: str) -> str:
    took = f" in {seconds:.1f} s" if seconds else ""
    return f"{step.name}: {outcome}{took}{': ' if message else ''}{message}"


class Silent:
    """Shows nothing."""

    def begin(self, step: Step, why: str) -> None:
        pass

    def progress(self, label: str, done: int, total: int) -> None:
        pass

    def line(self, text: str) -> None:
        pass

    def end(self, step: Step, outcome: str, seconds: float, message: str) -> None:
        pass


class Plain:
    """Prints plain lines, progress at most every ten seconds. ``talk=False``: only the end of each step."""

    def __init__(self, talk: bool = True) -> None:
        self._talk = talk
        self._last = time.monotonic()

    def begin(self, step: Step, why: str) -> None:
        if self._talk:
            self._print(f"{step.name}: {step.description} ({why})")

    def progress(self, label: str, done: int, total: int) -> None:
        if self._talk and time.monotonic() - self._last >= SECONDS_BETWEEN_LINES:
            self._print(f"  {label}: {done:,} of {total:,}")

    def line(self, text: str) -> None:
        if self._talk:
            self._print(f"  {text}")

    def end(self, step: Step, outcome: str, seconds: float, message: str) -> None:
        self._print(_outcome(step, outcome, seconds, message))

    def _print(self, text: str) -> None:
        self._last = time.monotonic()
        print(text, file=sys.stderr, flush=True)


class Bars:
    """Shows a progress bar per label while a step runs, and a line when it has ended."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def begin(self, step: Step, why: str) -> None:
        self._console.print(f"[bold]{step.name}[/bold]: {step.description} [dim]({why})[/dim]")
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Progress(*columns, console=self._console, transient=True, redirect_stdout=False)
        self._tasks = {}
        self._bars.start()

    def progress(self, label: str, done: int, total: int) -> None:
        if self._bars is not None:
            if label not in self._tasks:
                self._tasks[label] = self._bars.add_task(label, total=total)
                self._forget(self._bars)
            self._bars.update(self._tasks[label], completed=done, total=total)

    def _forget(self, bars: Progress) -> None:
        """Remove full bars, the oldest first, beyond :data:`MOST_BARS`: those of all epochs fill a screen."""
        full = [
            label for label, task in self._tasks.items() if bars.tasks[bars.task_ids.index(task)].finished
        ]
        for label in full[: max(0, len(self._tasks) - MOST_BARS)]:
            bars.remove_task(self._tasks.pop(label))

    def line(self, text: str) -> None:
        self._console.print(f"  {text}", markup=False)

    def end(self, step: Step, outcome: str, seconds: float, message: str) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
        self._console.print(_outcome(step, outcome, seconds, message), markup=False)
