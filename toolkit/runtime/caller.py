"""Calls with a time limit, made from a thread that is abandoned if a call hangs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any


class Hung(Exception):
    """The call did not return in time; its thread is still in it."""


class Caller:
    """A thread that makes calls, one at a time. :meth:`close` ends it after the running call."""

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], Any] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()
        # A daemon: Python cannot end a thread that hangs in a driver, and would wait for it at exit.
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()
        self._hung = False

    def call(self, function: Callable[[], Any], seconds: float) -> Any:
        """Call a function in the thread; return its result or raise its exception.

        Raises:
            Hung: it took longer than ``seconds``, or an earlier call is still running.
        """
        if self._hung:
            raise Hung
        self._calls.put(function)
        try:
            good, result = self._results.get(timeout=seconds)
        except queue.Empty:
            self._hung = True
            raise Hung from None
        if good:
            return result
        raise result

    def close(self) -> None:
        """End the thread and wait for it, unless it hangs."""
        self._calls.put(None)
        if not self._hung:
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread is still running."""
        return self._thread.is_alive()

    def _work(self) -> None:
        while (function := self._calls.get()) is not None:
            try:
                self._results.put((True, function()))
            except BaseException as error:
                self._results.put((False, error))  # raised by the thread that made the call
