"""The type of progress callbacks."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""``progress(label, done, total)``: the label names what is counted. A total of 0 is not known yet."""


def silent(label: str, done: int, total: int) -> None:
    """Ignore progress: the default callback."""
