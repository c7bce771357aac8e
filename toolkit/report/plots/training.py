"""Plots training curves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from toolkit.core.topology import path_name
from toolkit.report.plots.common import Panel, exit_ink, near, plot
from toolkit.report.schema import EpochMetrics, Report
from toolkit.report.svg import INK

_Line = tuple[str, str, str]
"""Metric, label and colour of a curve."""
_LOSS: tuple[_Line, ...] = (
    ("train_loss", "training", INK["muted"]),
    ("val_loss", "validation", INK["ink"]),
)


def training(report: Report) -> Markup | None:
    """Plot loss and accuracies per epoch; None without a history."""
    rows = report.training
    if not rows:
        return None
    lines = [
        *((_metric(one.index), f"exit {one.index}", exit_ink(one.index)) for one in report.exits),
        ("val_combined", "combined", INK["ink"]),
    ]
    panels = [
        Panel("Loss", f"{len(rows)} epochs{_last(rows, _LOSS, '.3g')}", partial(_loss, rows)),
        Panel(
            "Accuracy on the validation split",
            f"{len(rows)} epochs{_last(rows, lines, '.2%')}",
            partial(_accuracy, rows, lines),
        ),
    ]
    return plot("training", "Training curves", panels, height=3.0)


def _last(rows: Sequence[EpochMetrics], lines: Sequence[_Line], form: str) -> str:
    """Say the values after the last epoch."""
    found = rows[-1].metrics
    return "".join(f"; at last {label} {found[name]:{form}}" for name, label, _ in lines if name in found)


def _loss(rows: Sequence[EpochMetrics], axes: Axes) -> None:
    _curves(axes, rows, _LOSS)
    axes.set_yscale("log")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.legend(loc="upper right")


def _accuracy(rows: Sequence[EpochMetrics], lines: Sequence[_Line], axes: Axes) -> None:
    _curves(axes, rows, lines)
    names = {name for name, _, _ in lines}
    found = [value for row in rows for name, value in row.metrics.items() if name in names]
    if found:
        # The lowest 15 % are cut off: with the first epochs, the end of training would look flat.
        near(axes, float(np.quantile(found, 0.15)), max(found))
    axes.legend(loc="lower right")


def _curves(axes: Axes, rows: Sequence[EpochMetrics], lines: Sequence[_Line]) -> None:
    for metric, label, ink in lines:
        _line(axes, rows, metric, label, ink)
    axes.set_xlabel("epoch")
    axes.set_xlim(1, max(len(rows), 2))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _phases(axes, rows)


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
            )
