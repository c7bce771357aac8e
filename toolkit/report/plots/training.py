"""Plots training curves."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from toolkit.core.topology import path_name
from toolkit.report.plots.common import Panel, exit_ink, near, plot, png
from toolkit.report.schema import EpochMetrics
from toolkit.report.svg import INK
from toolkit.train import PhaseSummary

_HEIGHT = 3.2
_TRAINING, _VALIDATION = "train", "val"
_DASHES = (0, (3, 1.5))
_SPAN = 1e5
"""Largest ratio of two losses that a plot shows."""


def training(
    rows: Sequence[EpochMetrics], phases: Sequence[PhaseSummary], name: str = "training"
) -> Markup | None:
    """Plot loss and accuracies per epoch, of training (dashed) and validation; None without a history.

    Args:
        rows: epochs, in order.
        phases: how the phases ended; the epochs whose weights were kept are marked.
        name: name that is unique on the page.
    """
    return plot(name, "Training curves", _panels(rows, phases), height=_HEIGHT) if rows else None


def training_png(rows: Sequence[EpochMetrics], phases: Sequence[PhaseSummary]) -> bytes:
    """Draw the same as a PNG; of at least one epoch."""
    return png(_panels(rows, phases), height=_HEIGHT)


@dataclass(frozen=True)
class _Curve:
    """A curve: its label, its metric without the split, its colour."""

    label: str
    metric: str
    ink: str


@dataclass(frozen=True)
class _Curves:
    """The rows of a plot and the epochs that it marks, as places from 1."""

    rows: Sequence[EpochMetrics]
    kept: Sequence[tuple[int, int]]

    @cached_property
    def exits(self) -> list[int]:
        """Exits with a curve of their own."""
        names = {name for row in self.rows for name in row.metrics}
        return list(
            itertools.takewhile(lambda k: f"{_VALIDATION}_{path_name(k)}" in names, itertools.count())
        )

    def values(self, split: str, metric: str) -> list[tuple[int, float]]:
        """Return place and value of each epoch that has the metric."""
        name = f"{split}_{metric}"
        return [(at, row.metrics[name]) for at, row in enumerate(self.rows, 1) if name in row.metrics]


def _panels(rows: Sequence[EpochMetrics], phases: Sequence[PhaseSummary]) -> list[Panel]:
    kept = {one.phase: one.end.kept for one in phases if one.end is not None and one.end.kept is not None}
    places = [(at, row.epoch) for at, row in enumerate(rows, 1) if kept.get(row.stage) == row.epoch]
    curves = _Curves(rows, places)
    whole = [_Curve("all exits", "loss", INK["ink"])]
    together = [] if len(curves.exits) == 1 else whole  # of a single exit they are the same
    alone = [_Curve(f"exit {k}", f"loss_{path_name(k)}", exit_ink(k)) for k in curves.exits]
    shares = [_Curve(f"exit {k}", path_name(k), exit_ink(k)) for k in curves.exits]
    if together:
        shares.append(_Curve("combined", "combined", INK["ink"]))
    losses = [one for one in (*alone, *together) if curves.values(_VALIDATION, one.metric)] or whole
    panels = [Panel("Loss", _says(curves, losses, ".3g"), partial(_loss, curves, losses))]
    if any(curves.values(_VALIDATION, one.metric) for one in shares):
        panels.append(Panel("Accuracy", _says(curves, shares, ".2%"), partial(_accuracy, curves, shares)))
    return panels


def _says(curves: _Curves, lines: Sequence[_Curve], form: str) -> str:
    """Say the values after the last epoch, and which epochs are marked."""
    last = curves.rows[-1].metrics
    found = [
        f"{one.label} {last[f'{_VALIDATION}_{one.metric}']:{form}}"
        for one in lines
        if f"{_VALIDATION}_{one.metric}" in last
    ]
    kept = [f"weights of {curves.rows[at - 1].stage} epoch {epoch} kept" for at, epoch in curves.kept]
    at_last = [f"on the validation split at last {', '.join(found)}"] if found else []
    return "; ".join([f"{len(curves.rows)} epochs", *at_last, *kept]) + "."


def _loss(curves: _Curves, lines: Sequence[_Curve], axes: Axes) -> None:
    axes.set_yscale("log")
    _draw(axes, curves, lines)
    axes.yaxis.set_minor_formatter(NullFormatter())
    low, high = axes.get_ylim()
    low = max(low, high / _SPAN)  # images learnt by heart have a loss of next to nothing
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(LogLocator(subs=(1,) if high > 100 * low else (1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _accuracy(curves: _Curves, lines: Sequence[_Curve], axes: Axes) -> None:
    _draw(axes, curves, lines)
    found = [value for one in lines for _, value in curves.values(_VALIDATION, one.metric)]
    trained = [value for one in lines for _, value in curves.values(_TRAINING, one.metric)]
    # The lowest 15 % are cut off: with the first epochs, the end of training would look flat.
    near(axes, float(np.quantile(found + trained, 0.15)), max(found + trained))


def _draw(axes: Axes, curves: _Curves, lines: Sequence[_Curve]) -> None:
    handles = []
    for one in lines:
        if validated := curves.values(_VALIDATION, one.metric):
            places, values = zip(*validated, strict=True)
            handles += axes.plot(places, values, color=one.ink, label=one.label, linewidth=1.4)
            kept = {at for at, _ in curves.kept}
            if marked := [point for point in validated if point[0] in kept]:
                axes.plot(*zip(*marked, strict=True), "o", color=one.ink, markersize=4.5)
        if trained := curves.values(_TRAINING, one.metric):
            axes.plot(*zip(*trained, strict=True), color=one.ink, linewidth=1.1, linestyle=_DASHES)
    if any(curves.values(_TRAINING, one.metric) for one in lines):
        handles.append(Line2D([], [], color=INK["muted"], linestyle=_DASHES, label="training"))
    axes.set_xlabel("epoch")
    axes.set_xlim(1, max(len(curves.rows), 2))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _marks(axes, curves)
    if handles:
        axes.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(-0.06, -0.18), ncols=min(3, len(handles))
        )


def _marks(axes: Axes, curves: _Curves) -> None:
    """Mark the epochs whose weights were kept, and those between float and quantised training."""
    rows = curves.rows
    for at, _ in curves.kept:
        axes.axvline(at, color=INK["accent"], linewidth=1.0, linestyle=":")
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
