"""Renders ``comparison.html``: several runs in one file with its style and plots inside."""

from __future__ import annotations

from toolkit.report.page import environment
from toolkit.report.side_by_side import plots
from toolkit.report.side_by_side.compare import SideBySide


def render(found: SideBySide) -> str:
    """Render a comparison as HTML. Equal comparisons give equal bytes."""
    return (
        environment()
        .get_template("comparison.html.j2")
        .render(
            found=found,
            plots={"accuracy": plots.accuracy(found), "gains": plots.gains(found)},
            colours={run.name: index % plots.COLOURS for index, run in enumerate(found.runs)},
        )
    )
