"""Plots training curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from toolkit.core.topology import path_name
from toolkit.report.plots.common import WIDTH, exit_ink, near, style
from toolkit.report.schema import EpochMetrics, Report
from toolkit.report.svg import INK, to_svg


def training(report: Report) -> Markup | None:
    """Plot loss and accuracies per epoch; None without a history."""
    rows = report.training
    if not rows:
        return None
    with style():
        figure = Figure(figsize=(WIDTH, 3.0))
        left, right = figure.subplots(1, 2)
        loss = (("train_loss", "training", INK["muted"]), ("val_loss", "validation", INK["ink"]))
        for metric, label, ink in loss:
            _line(left, rows, metric, label, ink)
        accuracies = ["val_combined", *(_metric(one.index) for one in report.exits)]
        left.set_title("Loss")
        left.set_yscale("log")
        left.yaxis.set_minor_formatter(NullFormatter())
        left.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        for one in report.exits:
            _line(right, rows, _metric(one.index), f"exit {one.index}", exit_ink(one.index))
        _line(right, rows, "val_combined", "combined", INK["ink"])
        right.set_title("Accuracy on the validation split")
        found = [value for row in rows for name, value in row.metrics.items() if name in accuracies]
        if found:
            # The lowest 15 % are cut off: with the first epochs, the end of training would look flat.
            near(right, float(np.quantile(found, 0.15)), max(found))
        for axes in (left, right):
            axes.set_xlabel("epoch")
            axes.set_xlim(1, max(len(rows), 2))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            _phases(axes, rows)
            axes.legend(fontsize=9, loc="upper right" if axes is left else "lower right")
        return to_svg(figure, "training", "Training curves")


def _metric(k: int) -> str:
    """Return the name of exit k's accuracy on the validation split."""
    return f"val_{path_name(k)}"


def _line(axes: Axes, rows: Sequence[EpochMetrics], metric: str, label: str, ink: str) -> None:
    points = [(place, row.metrics[metric]) for place, row in enumerate(rows, 1) if metric in row.metrics]
    if points:
        axes.plot(*zip(*points, strict=True), color=ink, label=label, linewidth=1.4)


def _phases(axes: Axes, rows: Sequence[EpochMetrics]) -> None:
    """Mark the epochs between float and quantised training."""
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
