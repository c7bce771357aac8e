"""Calls that may hang, from a thread that is left behind if they do."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any


class Hung(Exception):
    """The call did not come back in time; its thread is still in it."""


class Caller:
    """One daemon thread that makes calls, one at a time. :meth:`close` ends it, once its call is over."""

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], Any] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()
        self._hung = False

    def call(self, function: Callable[[], Any], seconds: float) -> Any:
        """The function's result, or what it raised.

        Raises:
            Hung: it took longer than ``seconds``, or an earlier call is still at it.
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
        """Whether the thread is still there."""
        return self._thread.is_alive()

    def _work(self) -> None:
        while (function := self._calls.get()) is not None:
            try:
                self._results.put((True, function()))
            except BaseException as error:
                self._results.put((False, error))
