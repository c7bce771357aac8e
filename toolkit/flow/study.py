"""What studies beside the flow have in common: progress like that of a step."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.flow.engine import DONE, FAILED
from toolkit.flow.reporters import reporter_of
from toolkit.flow.step import Reporter, Step


@dataclass
class StudyProgress:
    """Progress of a study.

    Attributes:
        reporter: receiver of it.
        message: what came of it, set before it ends.
    """

    reporter: Reporter
    message: str = ""


@contextlib.contextmanager
def told(study: Step, progress: bool | Reporter, why: str) -> Iterator[StudyProgress]:
    """Report the beginning of a study, and its end, however it ends.

    Args:
        study: its declaration.
        progress: whether to show it on standard error, or a receiver of it.
        why: what it is about to do.
    """
    reporter = reporter_of(progress)
    reporter.begin(study, why)
    begun = time.monotonic()
    found = StudyProgress(reporter)
    try:
        yield found
    except BaseException:
        reporter.end(study, FAILED, time.monotonic() - begun, "")
        raise
    reporter.end(study, DONE, time.monotonic() - begun, found.message)
