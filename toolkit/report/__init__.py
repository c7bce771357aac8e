"""The report of a run: ``report.json``, typed, and a page that shows it.

Reading a report back is light; what draws and computes is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.report.page import render
    from toolkit.report.schema import Report
    from toolkit.report.sources import Sources, collect

PAGE = "report.html"
"""Name of the page beside ``report.json``."""

__all__ = ["PAGE", "Report", "Sources", "collect", "render"]

_WHERE = {
    "Report": "toolkit.report.schema",
    "collect": "toolkit.report.sources",
    "Sources": "toolkit.report.sources",
    "render": "toolkit.report.page",
}


def __getattr__(name: str) -> object:
    if name in _WHERE:
        return getattr(importlib.import_module(_WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
