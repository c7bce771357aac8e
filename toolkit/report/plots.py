"""The plots of a report."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from toolkit.report.schema import Curve, Epoch, Exit, Report
from toolkit.report.svg import INK, STYLE, to_svg

WIDTH = 9.4  # inches at 10 points; the page scales it
TICKS = (0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999)


def percent(value: float, digits: int = 2) -> str:
    """``0.975`` as ``97.50 %``."""
    return f"{100 * value:.{digits}f}\N{NO-BREAK SPACE}%"


def exit_ink(index: int) -> str:
    """The colour of exit ``index``: that of its head, see :mod:`toolkit.report.page`."""
    return INK[f"s{(2 * index + 1) % 8}"]


def thresholds(report: Report) -> Markup | None:
    """Combined accuracy and exit rate over the threshold of exit 0; None without an early exit."""
    curve = report.threshold_curve
    if curve is None:
        return None
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 3.1))
        left, right = figure.subplots(1, 2)
        _accuracy(left, report, curve)
        right.plot(curve.thresholds, curve.exit_rates, color=exit_ink(0))
        right.set_title("Share of frames that leave at exit 0")
        right.set_ylim(0, 1.04)
        for axes in (left, right):
            _threshold_axis(axes, curve)
        at, early = report.policy.thresholds[0], report.exits[0]
        _mark(left, curve, at, report.combined.accuracy, label_at=report.combined.accuracy)
        _mark(right, curve, at, early.exit_rate, label_at=0.16)  # below the curve
        title = "Combined accuracy and exit rate over the threshold, on the test set"
        return to_svg(figure, "thresholds", title)


def _accuracy(axes: Axes, report: Report, curve: Curve) -> None:
    axes.plot(curve.thresholds, curve.accuracies, color=INK["ink"], label="combined", zorder=3)
    for one in report.exits:
        style = "--" if one.index == 0 else ":"
        axes.axhline(
            one.accuracy,
            color=exit_ink(one.index),
            linestyle=style,
            linewidth=1.4,
            label=f"exit {one.index} alone",
        )
    values = [*curve.accuracies, *(one.accuracy for one in report.exits)]
    _near(axes, min(values), max(values))
    axes.set_title("Accuracy")
    axes.legend(loc="lower right", fontsize=9)


def _near(axes: Axes, low: float, high: float) -> None:
    """Show the values and some room around them, but no more than there is to 100 %."""
    room = max(0.15 * (high - low), 0.001)
    axes.set_ylim(low - 2.5 * room, min(high + room, 1 + 0.3 * room))
    digits = 2 if high - low < 0.02 else 1 if high - low < 0.1 else 0
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, digits)))
    axes.yaxis.set_major_locator(MaxNLocator(6))


def _threshold_axis(axes: Axes, curve: Curve) -> None:
    low, high = curve.thresholds[0], curve.thresholds[-1]
    axes.set_xscale("logit")
    axes.set_xlim(low, high)
    axes.set_xticks([tick for tick in TICKS if low <= tick <= high])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("threshold on the top-1 probability of exit 0")
    if axes.get_ylim()[1] > 1.03:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, 0)))


def _mark(axes: Axes, curve: Curve, threshold: float, value: float, label_at: float) -> None:
    """Mark the threshold in force; the label stands at height ``label_at``."""
    low, high = curve.thresholds[0], curve.thresholds[-1]
    at = min(max(threshold, low), high)
    axes.axvline(at, color=INK["accent"], linewidth=1)
    axes.plot([at], [value], "o", color=INK["accent"], markersize=6, zorder=4)
    middle, place = (low * high / ((1 - low) * (1 - high))) ** 0.5, at / (1 - at)
    right = place > middle  # then there is room for it on the left
    axes.annotate(
        f"{percent(value)} at {threshold:.4f}",
        (at, label_at),
        xytext=(-8 if right else 8, -14),
        textcoords="offset points",
        ha="right" if right else "left",
        color=INK["accent"],
        fontweight="bold",
        fontsize=9.5,
        bbox={"facecolor": INK["card"], "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
        zorder=5,
    )


def latency(report: Report) -> Markup:
    """How many cycles frames take, a row per exit path: alone, and in a stream."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.6 + 0.95 * len(report.exits)))
        axes = figure.subplots()
        longest = max(one.latency_cycles.max for one in report.exits)
        for row, one in enumerate(reversed(report.exits)):
            _latency_row(axes, row, one, longest)
        axes.set_yticks(range(len(report.exits)), [f"exit {one.index}" for one in reversed(report.exits)])
        axes.set_ylim(-0.35, len(report.exits) - 0.25)
        axes.set_xlim(0, 1.16 * longest)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
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
    # The root keeps the few frames at the start visible beside the many; thin spikes are widened to be seen.
    heights, shown = 0.38 * np.sqrt(frames / frames.max()), frames > 0
    width = max(bins.width, 0.003 * longest)
    axes.bar(starts[shown], heights[shown], width=width, bottom=row + 0.2, align="edge", color=INK["ink"])
    for text, at, side, colour in (
        (f"{one.interval_cycles:,} per frame", one.interval_cycles - 0.008 * longest, "right", INK["card"]),
        (f"{alone:,} alone", alone - 0.008 * longest, "right", INK["card"]),
        (f"{median:,} in a stream", max(median, alone) + 0.012 * longest, "left", INK["ink"]),
    ):
        axes.text(at, row - 0.01, text, ha=side, va="center", color=colour, fontsize=9, fontweight="bold")


def training(report: Report) -> Markup | None:
    """Loss and accuracies per epoch; None without a history."""
    rows = report.training
    if not rows:
        return None
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 3.0))
        left, right = figure.subplots(1, 2)
        loss = (("train_loss", "training", INK["muted"]), ("val_loss", "validation", INK["ink"]))
        for metric, label, ink in loss:
            _line(left, rows, metric, label, ink)
        accuracies = ["val_combined", *(f"val_exit{one.index}" for one in report.exits)]
        left.set_title("Loss")
        left.set_yscale("log")
        left.yaxis.set_minor_formatter(NullFormatter())
        left.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        for one in report.exits:
            _line(right, rows, f"val_exit{one.index}", f"exit {one.index}", exit_ink(one.index))
        _line(right, rows, "val_combined", "combined", INK["ink"])
        right.set_title("Accuracy on the validation split")
        found = [value for row in rows for name, value in row.metrics.items() if name in accuracies]
        if found:
            # From guessing upwards would leave the end of training a flat line.
            _near(right, float(np.quantile(found, 0.15)), max(found))
        for axes in (left, right):
            axes.set_xlabel("epoch")
            axes.set_xlim(1, max(len(rows), 2))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            _stages(axes, rows)
            axes.legend(fontsize=9, loc="upper right" if axes is left else "lower right")
        return to_svg(figure, "training", "Training curves")


def _line(axes: Axes, rows: Sequence[Epoch], metric: str, label: str, ink: str) -> None:
    points = [(place, row.metrics[metric]) for place, row in enumerate(rows, 1) if metric in row.metrics]
    if points:
        axes.plot(*zip(*points, strict=True), color=ink, label=label, linewidth=1.4)


def _stages(axes: Axes, rows: Sequence[Epoch]) -> None:
    """Mark where one stage of training ends and the next begins."""
    for place in range(1, len(rows)):
        if rows[place].stage != rows[place - 1].stage:
            axes.axvline(place + 0.5, color=INK["muted"], linewidth=0.8, linestyle="--")
            axes.annotate(
                rows[place].stage,
                (place + 0.5, 1),
                xycoords=("data", "axes fraction"),
                xytext=(4, -9),
                textcoords="offset points",
                color=INK["muted"],
                fontsize=9,
            )
