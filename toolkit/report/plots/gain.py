"""Plots the gain of early exit over budgets."""

from __future__ import annotations

from functools import partial

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from toolkit.explore.comparison import Comparison
from toolkit.report.plots.common import Panel, accent, below, plot
from toolkit.report.schema import Report
from toolkit.report.svg import INK
from toolkit.report.text import whole


def gain(report: Report) -> Markup | None:
    """Plot gain and cycles per frame over the budget; None without a comparison."""
    found = report.comparison
    if found is None:
        return None
    panels = [
        Panel(
            "Times the throughput of no early exit",
            f"geometric mean {found.geometric_mean:.2f}, worst {found.worst.gain:.2f} at {found.worst.dsp} "
            f"multipliers, {found.reference.gain:.2f} at {found.reference.dsp} (simulated); "
            "the decision takes no time",
            partial(_gain, found),
        ),
        Panel(
            "Cycles per frame (estimated)",
            "; ".join(
                f"{point.dsp} multipliers: {whole(point.early.interval_cycles)} with early exit, "
                f"{whole(point.baseline.interval_cycles)} without"
                for point in found.points
            ),
            partial(_paces, found),
        ),
    ]
    return plot("gain", "Gain in throughput and cycles per frame over the budget", panels, height=3.5)


def _gain(found: Comparison, axes: Axes) -> None:
    budgets, gains = [point.dsp for point in found.points], [point.gain for point in found.points]
    axes.plot(budgets, gains, "o-", color=INK["s0"], markersize=4.5, label="estimated")
    axes.axhline(1, color=INK["muted"], linewidth=1)
    mean = found.geometric_mean
    label = f"geom. mean {mean:.2f}"
    axes.axhline(mean, color=INK["s6"], linestyle="--", linewidth=1.3, label=label)
    worst = found.worst
    label = f"worst {worst.gain:.2f}"
    axes.plot([worst.dsp], [worst.gain], "v", color=INK["s5"], markersize=8, label=label, zorder=4)
    reference = found.reference
    at = (reference.dsp, reference.gain)
    axes.plot(*at, "D", color=INK["accent"], markersize=7, label="simulated", zorder=5)
    accent(axes, f"{reference.gain:.2f} at {reference.dsp}", at, left=False, offset=6)
    axes.set_ylim(0, 1.15 * max(*gains, reference.gain))
    budget_axis(axes, budgets)
    below(axes, columns=2)


def _paces(found: Comparison, axes: Axes) -> None:
    budgets = [point.dsp for point in found.points]
    for label, ink, designs in (
        ("no early exit", INK["muted"], [point.baseline for point in found.points]),
        ("early exit", INK["s0"], [point.early for point in found.points]),
    ):
        axes.plot(
            budgets, [one.interval_cycles for one in designs], "o-", color=ink, markersize=4, label=label
        )
    floor = found.floor_cycles
    axes.axhline(
        floor,
        color=INK["accent"],
        linestyle="--",
        linewidth=1.3,
        label=f"floor {whole(floor)}",
    )
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(whole))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(bottom=0.6 * floor)
    budget_axis(axes, budgets)
    below(axes, columns=2)


def budget_axis(axes: Axes, budgets: list[int]) -> None:
    """Make the x axis logarithmic, with a tick at each budget."""
    axes.set_xscale("log")
    axes.set_xticks(budgets)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(whole))
    axes.set_xlabel("multipliers (DSP) allowed")
