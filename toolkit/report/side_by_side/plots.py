"""Plots several runs in one figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from toolkit.explore.comparison import Comparison
from toolkit.report.hover import tell
from toolkit.report.plots.common import Panel, below, near, plot
from toolkit.report.plots.gain import budget_axis
from toolkit.report.schema import Price
from toolkit.report.side_by_side.compare import SideBySide
from toolkit.report.svg import INK
from toolkit.report.text import percent, plain

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
    picks: list[tuple[str, str, Callable[[Price], float | None]]] = [
        ("Accuracy against energy", "energy, board, µJ per frame (estimated)", _board_energy),
        ("Accuracy against latency", "latency, µs (simulated)", lambda one: one.latency_us),
    ]
    if not any(pick(row.equal) for _, _, pick in picks for row in found.rows):
        return None
    panels = [
        Panel(title, _said(found, pick, label), partial(_scatter, found, pick, label))
        for title, label, pick in picks
    ]
    title = "Accuracy against energy and latency, at equal resources"
    return plot("accuracy", title, panels, height=3.9)


def _said(found: SideBySide, pick: Callable[[Price], float | None], label: str) -> str:
    values = ((row, pick(row.equal)) for row in found.rows)
    said = (f"{row.run}, {row.part}: {row.accuracy:.2%} at {value:.3g}" for row, value in values if value)
    return f"{label}; {'; '.join(said)}"


def _scatter(found: SideBySide, pick: Callable[[Price], float | None], label: str, axes: Axes) -> None:
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
            (mark,) = axes.plot(
                *point, _marker(row.part), markersize=8, color=ink(index), markerfacecolor=face, zorder=3
            )
            tell(mark, [f"{run.name}, {row.part}: {percent(point[1])}\n{label}: {plain(point[0])}"])
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
    axes.set_xlabel(label)
    below(axes, columns=2)


def _marker(part: str) -> str:
    return MARKERS.get(part) or EXIT_MARKERS[int(part.split()[1]) % len(EXIT_MARKERS)]


def gains(found: SideBySide) -> Markup | None:
    """Plot the gain in throughput over the budget, a line per run; None if no run has a comparison."""
    curves = [(i, run.name, run.comparison) for i, run in enumerate(found.runs) if run.comparison is not None]
    if not curves:
        return None
    title = "Times the throughput of no early exit"
    panel = Panel(title, "; ".join(_mean(name, one) for _, name, one in curves), partial(_gains, curves))
    return plot("gains", "Gain in throughput over the budget, per run", [panel], height=3.4)


def _mean(name: str, one: Comparison) -> str:
    return f"{name}: geometric mean {one.geometric_mean:.2f}, worst {one.worst.gain:.2f}"


def _gains(curves: Sequence[tuple[int, str, Comparison]], axes: Axes) -> None:
    for place, (index, name, one) in enumerate(curves):
        budgets, gain = [p.dsp for p in one.points], [p.gain for p in one.points]
        # Lines that coincide stay visible: each is thinner than the one below it.
        thick = 1.6 + 2.0 * (len(curves) - 1 - place)
        axes.plot(
            budgets,
            gain,
            "o-",
            markersize=2.5 * thick,
            linewidth=thick,
            color=ink(index),
            label=_mean(name, one),
        )
        reference = one.reference
        axes.plot([reference.dsp], [reference.gain], "D", color=ink(index), markersize=6 + thick, zorder=3)
    axes.axhline(1, color=INK["muted"], linewidth=1)
    axes.set_ylim(0, 1.15 * max(max(p.gain for p in one.points) for _, _, one in curves))
    budget_axis(axes, sorted({p.dsp for _, _, one in curves for p in one.points}))
    below(axes, columns=1)
