"""Plots the latency of frames in the cascade, and its throughput over the exit rate."""

from __future__ import annotations

from functools import partial

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from toolkit.cascade import CascadeResult, Traffic
from toolkit.cascade.result import Spread
from toolkit.report.plots.common import Panel, accent, histogram, plot
from toolkit.report.schema import Report
from toolkit.report.svg import INK
from toolkit.report.text import percent, whole


def traffic(report: Report) -> Markup | None:
    """Plot latency in both orders, and throughput over the exit rate; None without a cascade."""
    cascade = report.cascade
    if cascade is None:
        return None
    clock, seen = report.clock_mhz, report.exits[0].exit_rate
    per = 1e6 * (1.0 if clock is None else clock.value)
    spreads = (("natural order", cascade.natural.latency_cycles), ("bursts", cascade.bursts.latency_cycles))
    latency = Panel(
        "Latency by order of frames",
        "; ".join(f"{name}: {_spread(spread)} cycles" for name, spread in spreads),
        partial(_latency, cascade),
    )
    pace = Panel(
        "Frames per million cycles" if clock is None else "Frames per second",
        f"{_at(per, cascade)} at the {percent(seen, 1)} of the test frames that leave at exit 0",
        partial(_pace, cascade, seen, per),
    )
    title = "Latency in the cascade, and throughput over the exit rate"
    return plot("cascade", title, [latency, pace], height=3.3, widths=(1.15, 1))


def _spread(spread: Spread) -> str:
    return f"median {spread.median:,}, p99 {spread.p99:,}, most {spread.max:,}"


def _at(per: float, cascade: CascadeResult) -> str:
    return whole(per / cascade.interval_cycles)


def _latency(cascade: CascadeResult, axes: Axes) -> None:
    orders = (("bursts", cascade.bursts, INK["s3"]), ("natural", cascade.natural, INK["s0"]))
    longest = max(order.latency_cycles.max for _, order, _ in orders)
    for row, (_, order, ink) in enumerate(orders):
        _row(axes, row, order, ink, longest)
    axes.set_yticks([0, 1], [name for name, _, _ in orders])
    axes.set_ylim(-0.5, 1.7)
    axes.set_xlim(0, 1.04 * longest)
    axes.xaxis.set_major_formatter(FuncFormatter(whole))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("cycles from the first beat in to the answer")
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0, labelcolor=INK["ink"])


def _row(axes: Axes, row: int, order: Traffic, ink: str, longest: int) -> None:
    """Plot a histogram above a line with median, p99 and maximum."""
    spread = order.latency_cycles
    histogram(axes, order.latency_histogram, bottom=row, height=0.55, least=0.006 * longest, ink=ink)
    axes.plot([spread.min, spread.max], [row - 0.06] * 2, color=INK["muted"], linewidth=1)
    axes.plot([spread.median], [row - 0.06], "o", color=INK["ink"], markersize=4)
    axes.plot([spread.p99], [row - 0.06], "|", color=INK["ink"], markersize=9)
    axes.text(0.005 * longest, row - 0.14, _spread(spread).replace(", p99", "\np99"), va="top")


def _pace(cascade: CascadeResult, seen: float, per: float, axes: Axes) -> None:
    """Plot frames per ``per`` cycles."""
    rates, pace = cascade.curve.exit_rates, [per / one for one in cascade.curve.interval_cycles]
    axes.plot(rates, pace, color=INK["ink"], label="frames")
    slowest = cascade.slowest_exit_rate
    if slowest > 0:
        axes.axvspan(0, slowest, color=INK["accent"], alpha=0.1, linewidth=0)
        axes.text(slowest / 2, 0.05 * max(pace), "late stages\nset the pace", ha="center")
    axes.axvline(seen, color=INK["accent"], linewidth=1)
    axes.plot([seen], [per / cascade.interval_cycles], "o", color=INK["accent"], markersize=6, zorder=4)
    label = f"{_at(per, cascade)} at {percent(seen, 1)}"
    accent(axes, label, (seen, per / cascade.interval_cycles), left=seen > 0.5)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.12 * max(pace))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, 0)))
    axes.yaxis.set_major_formatter(FuncFormatter(whole))
    axes.set_xlabel("share of frames that leave at exit 0")
