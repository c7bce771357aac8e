"""Plots the latency of frames in the cascade, and its throughput over the exit rate."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from toolkit.cascade import CascadeResult, Traffic
from toolkit.report.plots.common import WIDTH, accent, style
from toolkit.report.schema import Report
from toolkit.report.svg import INK, to_svg
from toolkit.report.text import percent, whole


def traffic(report: Report) -> Markup | None:
    """Plot latency in both orders, and throughput over the exit rate; None without a cascade."""
    cascade = report.cascade
    if cascade is None:
        return None
    clock = report.clock_mhz
    with style():
        figure = Figure(figsize=(WIDTH, 3.3))
        left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
        _latency(left, cascade)
        _pace(right, cascade, report.exits[0].exit_rate, None if clock is None else clock.value)
        return to_svg(figure, "cascade", "Latency in the cascade, and throughput over the exit rate")


def _latency(axes: Axes, cascade: CascadeResult) -> None:
    orders = (("bursts", cascade.bursts, INK["s3"]), ("natural", cascade.natural, INK["s0"]))
    longest = max(order.latency_cycles.max for _, order, _ in orders)
    for row, (_, order, ink) in enumerate(orders):
        _row(axes, row, order, ink, longest)
    axes.set_yticks([0, 1], [name for name, _, _ in orders])
    axes.set_ylim(-0.3, 1.85)
    axes.set_xlim(0, 1.04 * longest)
    axes.xaxis.set_major_formatter(FuncFormatter(whole))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("cycles from the first beat in to the answer")
    axes.set_title("Latency of the test frames, by their order")
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0, labelcolor=INK["ink"])


def _row(axes: Axes, row: int, order: Traffic, ink: str, longest: int) -> None:
    """Plot a histogram, with square roots as heights, above a line with median, p99 and maximum."""
    bins, spread = order.latency_histogram, order.latency_cycles
    frames = np.array(bins.frames)
    starts, shown = bins.start + bins.width * np.arange(len(frames)), frames > 0
    width = max(bins.width, 0.006 * longest)
    heights = 0.55 * np.sqrt(frames / frames.max())
    axes.bar(starts[shown], heights[shown], width=width, bottom=row, align="edge", color=ink)
    axes.plot([spread.min, spread.max], [row - 0.06] * 2, color=INK["muted"], linewidth=1)
    axes.plot([spread.median], [row - 0.06], "o", color=INK["ink"], markersize=4)
    axes.plot([spread.p99], [row - 0.06], "|", color=INK["ink"], markersize=9)
    text = f"median {spread.median:,}   p99 {spread.p99:,}   max {spread.max:,}"
    axes.text(0.012 * longest, row + 0.3, text.replace("   ", "\n"), va="center", fontsize=8.8)


def _pace(axes: Axes, cascade: CascadeResult, seen: float, clock_mhz: float | None) -> None:
    """Plot frames per second, or per million cycles if no clock is known."""
    per = 1e6 * (clock_mhz or 1.0)
    rates, pace = cascade.curve.exit_rates, [per / one for one in cascade.curve.interval_cycles]
    axes.plot(rates, pace, color=INK["ink"])
    at = per / cascade.interval_cycles
    slowest = cascade.slowest_exit_rate
    if slowest > 0:
        axes.axvspan(0, slowest, color=INK["accent"], alpha=0.1, linewidth=0)
        axes.text(slowest / 2, 0.05 * max(pace), "late stages\nset the pace", ha="center", fontsize=8.8)
    axes.axvline(seen, color=INK["accent"], linewidth=1)
    axes.plot([seen], [at], "o", color=INK["accent"], markersize=6, zorder=4)
    label = f"{whole(at)} at {percent(seen, 1)}"
    accent(axes, label, (seen, at), left=seen > 0.5)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.12 * max(pace))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, 0)))
    axes.yaxis.set_major_formatter(FuncFormatter(whole))
    axes.set_xlabel("share of frames that leave at exit 0")
    axes.set_title("Frames per second" if clock_mhz else "Frames per million cycles")
