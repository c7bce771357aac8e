"""Plots the latency of frames over the offered load."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from toolkit.cascade import LoadPoint
from toolkit.cost import Clock, LoadStudy
from toolkit.report.plots.common import Panel, below, plot
from toolkit.report.schema import Report
from toolkit.report.svg import INK
from toolkit.report.text import short, whole


def load(report: Report) -> Markup | None:
    """Plot mean and 99th percentile over frames per second, for both designs; None without costs."""
    study, clock = report.under_load, report.clock_mhz
    if study is None or clock is None:
        return None
    panels = [
        Panel(title, _says(study, clock, pick), partial(_draw, study, clock, pick))
        for title, pick in (
            ("Mean latency, µs", _mean),
            ("99th percentile of the latency, µs", _p99),
        )
    ]
    return plot("load", "Latency over the offered load, with and without early exit", panels, height=3.6)


Pick = Callable[[LoadPoint], float]


def _mean(point: LoadPoint) -> float:
    return point.mean_latency_cycles


def _p99(point: LoadPoint) -> float:
    return point.latency_cycles.p99


def _lines(study: LoadStudy) -> list[tuple[str, str, str, list[LoadPoint]]]:
    """Return name, colour, dashes and points of each line."""
    early, static = study.early_curve, study.baseline_curve
    return [
        ("early exit, natural", INK["s0"], "-", [point for point in early if point.order == "natural"]),
        ("early exit, random", INK["s3"], "-", [point for point in early if point.order == "random"]),
        ("no early exit", INK["ink"], "--", [point for point in static if point.order == "natural"]),
    ]


def _says(study: LoadStudy, clock: Clock, pick: Pick) -> str:
    return "; ".join(
        f"{name}: {short(pick(points[0]) * clock.cycle_us)} at {points[0].load:.0%} load, "
        f"{short(pick(points[-1]) * clock.cycle_us)} at {points[-1].load:.0%}"
        for name, _, _, points in _lines(study)
    )


def _draw(study: LoadStudy, clock: Clock, pick: Pick, axes: Axes) -> None:
    for name, ink, dashes, points in _lines(study):
        rates = [1e6 / (point.offered_cycles * clock.cycle_us) for point in points]
        times = [pick(point) * clock.cycle_us for point in points]
        axes.plot(rates, times, dashes, marker="o", markersize=3.5, color=ink, label=name)
    axes.set_yscale("log")
    axes.set_xlim(left=0)
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.xaxis.set_major_formatter(FuncFormatter(whole))
    axes.set_xlabel("frames offered per second")
    below(axes, columns=2)
