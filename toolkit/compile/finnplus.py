"""Prepares FINN+ for use as a library: settings, and silence where it reports what we decide ourselves."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from toolkit.core.store import scratch


@contextmanager
def finn_session() -> Iterator[None]:
    """Give FINN+ a scratch build folder and keep its remarks off the user's terminal.

    FINN+ reads its build folder from the environment the first time it needs its settings; nothing that it
    writes there is kept.
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
