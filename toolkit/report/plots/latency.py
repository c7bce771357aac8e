"""Plots the latency of frames on each exit path."""

from __future__ import annotations

from functools import partial

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from toolkit.report.hover import tell
from toolkit.report.plots.common import Panel, exit_ink, histogram, plot
from toolkit.report.schema import Exit, Report
from toolkit.report.svg import INK
from toolkit.report.text import whole


def latency(report: Report) -> Markup:
    """Plot the latency in cycles, a row per exit path: of a single frame, and of frames in a stream."""
    says = "; ".join(
        f"exit {one.index}: {one.latency_alone_cycles:,} alone, median {one.latency_cycles.median:,} "
        f"in a stream, {one.interval_cycles:,} per frame"
        for one in report.exits
    )
    panel = Panel("Latency, cycles", says, partial(_latency, report))
    return plot("latency", "Latency of the frames on each exit path", [panel], height=0.6 + len(report.exits))


def _latency(report: Report, axes: Axes) -> None:
    longest = max(one.latency_cycles.max for one in report.exits)
    for row, one in enumerate(reversed(report.exits)):
        _row(axes, row, one, longest)
    axes.set_yticks(range(len(report.exits)), [f"exit {one.index}" for one in reversed(report.exits)])
    axes.set_ylim(-0.55, len(report.exits) - 0.35)
    axes.set_xlim(0, 1.02 * longest)
    axes.xaxis.set_major_formatter(FuncFormatter(whole))
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel("first beat in to last beat out")
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0, labelcolor=INK["ink"])


def _row(axes: Axes, row: int, one: Exit, longest: int) -> None:
    ink, median, alone = exit_ink(one.index), one.latency_cycles.median, one.latency_alone_cycles
    stream = axes.barh([row], [median], height=0.3, color=ink, alpha=0.35)
    tell(
        stream,
        [f"exit {one.index}, in a stream: median {median:,} cycles, a frame every {one.interval_cycles:,}"],
    )
    tell(axes.barh([row], [alone], height=0.3, color=ink), [f"exit {one.index}, alone: {alone:,} cycles"])
    axes.barh([row], [0.004 * longest], left=one.interval_cycles, height=0.3, color=INK["card"])
    least = 0.003 * longest
    histogram(axes, one.latency_histogram, bottom=row + 0.2, height=0.38, least=least, ink=INK["ink"])
    text = f"{alone:,} alone, {median:,} in a stream"
    axes.text(0.005 * longest, row - 0.2, text, va="top", color=INK["ink"])
