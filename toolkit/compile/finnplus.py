"""Prepares FINN+ for use as a library: settings, and suppression of its log and warnings."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from toolkit.core.store import scratch


@contextmanager
def finn_session() -> Iterator[None]:
    """Give FINN+ a temporary build folder and suppress its log and warnings.

    FINN+ takes its build folder from the environment when it first reads its settings.
    """
    with scratch("finn") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.environ["FINN_BUILD_DIR"] = str(folder)
        level = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(level)
            os.environ.pop("FINN_BUILD_DIR", None)
