"""Plots the latency of frames on each exit path."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from toolkit.report.plots.common import WIDTH, exit_ink, style
from toolkit.report.schema import Exit, Report
from toolkit.report.svg import INK, to_svg
from toolkit.report.text import whole


def latency(report: Report) -> Markup:
    """Plot the latency in cycles, a row per exit path: of a single frame, and of frames in a stream."""
    with style():
        figure = Figure(figsize=(WIDTH, 0.6 + 0.95 * len(report.exits)))
        axes = figure.subplots()
        longest = max(one.latency_cycles.max for one in report.exits)
        for row, one in enumerate(reversed(report.exits)):
            _latency_row(axes, row, one, longest)
        axes.set_yticks(range(len(report.exits)), [f"exit {one.index}" for one in reversed(report.exits)])
        axes.set_ylim(-0.35, len(report.exits) - 0.25)
        axes.set_xlim(0, 1.16 * longest)
        axes.xaxis.set_major_formatter(FuncFormatter(whole))
        axes.set_xlabel("cycles from the first beat in to the last beat out")
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0, labelsize=10, labelcolor=INK["ink"])
        return to_svg(figure, "latency", "Latency of the frames on each exit path")


def _latency_row(axes: Axes, row: int, one: Exit, longest: int) -> None:
    ink, median, alone = exit_ink(one.index), one.latency_cycles.median, one.latency_alone_cycles
    axes.barh([row], [median], height=0.3, color=ink, alpha=0.35)
    axes.barh([row], [alone], height=0.3, color=ink)
    axes.barh([row], [0.004 * longest], left=one.interval_cycles, height=0.3, color=INK["card"])
    bins = one.latency_histogram
    frames = np.array(bins.frames)
    starts = bins.start + bins.width * np.arange(len(frames))
    # Square roots keep the few frames at the start visible; narrow bins are widened for the same reason.
    heights, shown = 0.38 * np.sqrt(frames / frames.max()), frames > 0
    width = max(bins.width, 0.003 * longest)
    axes.bar(starts[shown], heights[shown], width=width, bottom=row + 0.2, align="edge", color=INK["ink"])
    for text, at, side, colour in (
        (f"{one.interval_cycles:,} per frame", one.interval_cycles - 0.008 * longest, "right", INK["card"]),
        (f"{alone:,} alone", alone - 0.008 * longest, "right", INK["card"]),
        (f"{median:,} in a stream", max(median, alone) + 0.012 * longest, "left", INK["ink"]),
    ):
        axes.text(at, row - 0.01, text, ha=side, va="center", color=colour, fontsize=9, fontweight="bold")
