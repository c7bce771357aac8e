"""Plots several runs in one figure."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from toolkit.report.plots.common import WIDTH, near, style
from toolkit.report.plots.gain import budget_axis
from toolkit.report.schema import Price
from toolkit.report.side_by_side.compare import SideBySide
from toolkit.report.svg import INK, to_svg

COLOURS = 8
MARKERS = {"mix": "o", "no early exit": "X"}
EXIT_MARKERS = ("^", "v", "<", ">", "s", "p")


def _board_energy(price: Price) -> float | None:
    return None if price.energy_uj is None else price.energy_uj.value


def ink(index: int) -> str:
    """Return the colour of run ``index``."""
    return INK[f"s{index % COLOURS}"]


def accuracy(found: SideBySide) -> Markup | None:
    """Plot accuracy against energy and latency, both at equal resources; None if no run has costs."""
    picks: list[tuple[str, Callable[[Price], float | None]]] = [
        ("energy, board, µJ per frame (estimated)", _board_energy),
        ("latency, µs (simulated)", lambda one: one.latency_us),
    ]
    if not any(pick(row.equal) for _, pick in picks for row in found.rows):
        return None
    with style():
        figure = Figure(figsize=(WIDTH, 3.9))
        for axes, (label, pick) in zip(figure.subplots(1, 2), picks, strict=True):
            _scatter(axes, found, pick)
            axes.set_xlabel(label)
        figure.axes[0].set_title("Accuracy against energy")
        figure.axes[1].set_title("Accuracy against latency")
        handles, labels = figure.axes[1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9)
        return to_svg(figure, "accuracy", "Accuracy against energy and latency, at equal resources")


def _scatter(axes: Axes, found: SideBySide, pick: Callable[[Price], float | None]) -> None:
    shown: list[float] = []
    for index, run in enumerate(found.runs):
        rows = [row for row in found.rows if row.run == run.name]
        points = [(row, (value, row.accuracy)) for row in rows if (value := pick(row.equal)) is not None]
        if not points:
            continue
        exits = [point for row, point in points if row.exit_rate is not None]
        axes.plot(*zip(*exits, strict=True), color=ink(index), linewidth=0.8, linestyle=":")
        for row, point in points:
            hollow = row.exit_rate is not None
            face = INK["card"] if hollow else ink(index)
            axes.plot(
                *point, _marker(row.part), markersize=8, color=ink(index), markerfacecolor=face, zorder=3
            )
            shown.append(point[1])
        axes.plot([], [], "s", color=ink(index), label=run.name)
    for part in dict.fromkeys(row.part for row in found.rows):
        axes.plot([], [], _marker(part), color=INK["muted"], label=part, linestyle="none")
    if shown:
        near(axes, min(shown), max(shown))
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())


def _marker(part: str) -> str:
    return MARKERS.get(part) or EXIT_MARKERS[int(part.split()[1]) % len(EXIT_MARKERS)]


def gains(found: SideBySide) -> Markup | None:
    """Plot the gain in throughput over the budget, a line per run; None if no run has a comparison."""
    curves = [(i, run.name, run.comparison) for i, run in enumerate(found.runs) if run.comparison is not None]
    if not curves:
        return None
    with style():
        figure = Figure(figsize=(WIDTH, 3.4))
        axes = figure.subplots()
        for index, name, one in curves:
            budgets, gain = [p.dsp for p in one.points], [p.gain for p in one.points]
            label = f"{name}: geometric mean {one.geometric_mean:.2f}, worst {one.worst.gain:.2f}"
            axes.plot(budgets, gain, "o-", markersize=4, color=ink(index), label=label)
            reference = one.reference
            axes.plot([reference.dsp], [reference.gain], "D", color=ink(index), markersize=8, zorder=4)
        axes.axhline(1, color=INK["muted"], linewidth=1)
        axes.set_ylim(0, 1.15 * max(max(p.gain for p in one.points) for _, _, one in curves))
        axes.set_title("Times the throughput of no early exit, at equal resources")
        budget_axis(axes, sorted({p.dsp for _, _, one in curves for p in one.points}))
        axes.legend(loc="upper left", bbox_to_anchor=(0, -0.2), fontsize=9)
        return to_svg(figure, "gains", "Gain in throughput over the budget, per run")
