"""Plots what a task makes of the outputs."""

from __future__ import annotations

from functools import partial

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from toolkit.report.plots.common import Panel, accent, below, plot
from toolkit.report.schema import Report
from toolkit.report.svg import INK
from toolkit.tasks import ScoreChart

_INKS = (INK["s1"], INK["s4"])


def result(report: Report) -> Markup | None:
    """Plot the charts of the task's result; None without any."""
    if report.result is None or not report.result.charts:
        return None
    panels = [Panel(chart.title, _says(chart), partial(_draw, chart)) for chart in report.result.charts]
    return plot("result", "What the outputs are worth", panels, height=3.6)


def _says(chart: ScoreChart) -> str:
    """Say what a chart shows, and where its mark is."""
    labels = " and ".join(line.label for line in chart.lines)
    mark = "" if chart.mark is None else f"; {chart.mark_says} at {chart.mark:.3g}"
    return f"{chart.y} over {chart.x}: {labels}{mark}"


def _draw(chart: ScoreChart, axes: Axes) -> None:
    inks = iter(_INKS)
    for line in chart.lines:
        alone = chart.style == "points" and not line.reference
        axes.plot(
            line.x,
            line.y,
            "." if alone else "-",
            drawstyle="steps-post" if chart.style == "steps" else "default",
            color=INK["muted"] if line.reference else next(inks),
            label=line.label,
            linewidth=1.0 if line.reference else 1.4,
        )
    axes.set_xlabel(chart.x)
    axes.set_ylabel(chart.y)
    if chart.log:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    if chart.mark is not None:
        axes.axvline(chart.mark, color=INK["accent"], linewidth=1.2)
        accent(axes, chart.mark_says, (chart.mark, sum(axes.get_ylim()) / 2), left=False)
    below(axes, columns=2)
