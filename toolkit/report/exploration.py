"""The pictures of a search and of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from toolkit.core.artifact import write_bytes
from toolkit.explore.search import OBJECTIVES, Aim, BitSweep, Exploration, Figures, Tried
from toolkit.report.plots.common import Panel, below, png
from toolkit.report.svg import INK

PARETO, SWEEP = "pareto.png", "sweep.png"
_HEIGHT = 3.4


def write_pareto(folder: Path, found: Exploration) -> Path:
    """Draw the points of a search, the first objective over each of the others; returns the file."""
    first, *others = (OBJECTIVES[name] for name in found.objectives)
    panels = [
        Panel(f"{first.name} over {other.name}", _says(found), partial(_draw, found, other, first))
        for other in others
    ]
    file = folder / PARETO
    write_bytes(file, png(panels, height=_HEIGHT))
    return file


def _says(found: Exploration) -> str:
    best = ", ".join(str(point.number) for point in found.front)
    return f"{len(found.points)} points; best {best}"


def _draw(found: Exploration, across: Aim, up: Aim, axes: Axes) -> None:
    ends = [point for point in found.points if point.epochs == found.epochs and not point.front]
    begun = [point for point in found.points if point.epochs < found.epochs and not point.front]
    for points, ink, label in (
        (begun, INK["line"], "given up"),
        (ends, INK["muted"], "trained"),
    ):
        if shown := [_at(point, across, up) for point in points if point.figures is not None]:
            axes.plot(*zip(*shown, strict=True), "o", color=ink, markersize=4, label=label)
    front = sorted((_at(point, across, up), str(point.number)) for point in found.front)
    best = [place for place, _ in front]
    # Only of two objectives do the best points follow one another in the plane.
    mark = "o-" if len(found.objectives) == 2 else "o"
    axes.plot(*zip(*best, strict=True), mark, color=INK["accent"], linewidth=1.2, label="best")
    for place, number in front:
        axes.annotate(number, place, xytext=(4, -11), textcoords="offset points", color=INK["accent"])
    axes.set_xlabel(f"{across.name} ({across.unit})" if across.unit else across.name)
    axes.set_ylabel(up.name)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: up.text(value)))
    below(axes, columns=3)


def _at(point: Tried, across: Aim, up: Aim) -> tuple[float, float]:
    assert point.figures is not None
    return across.value(point.figures), up.value(point.figures)


def write_sweep(folder: Path, found: BitSweep) -> Path:
    """Draw accuracy and the share of frames that leave early over bits; returns the file."""
    shown = [(point.number, point.figures) for point in found.points if point.figures is not None]
    panels = [
        Panel("Accuracy", f"{len(shown)} widths", partial(_accuracies, shown)),
        Panel("Frames that leave early", f"{len(shown)} widths", partial(_early, shown)),
    ]
    file = folder / SWEEP
    write_bytes(file, png(panels, height=_HEIGHT))
    return file


def _accuracies(shown: Sequence[tuple[int, Figures]], axes: Axes) -> None:
    bits = [number for number, _ in shown]
    for label, ink, values in (
        ("validation", INK["s1"], [figures.accuracy for _, figures in shown]),
        ("test", INK["s4"], [figures.test_accuracy for _, figures in shown]),
    ):
        axes.plot(bits, values, "o-", color=ink, label=label, linewidth=1.4)
    _over_bits(axes)
    below(axes, columns=2)


def _early(shown: Sequence[tuple[int, Figures]], axes: Axes) -> None:
    values = [1 - figures.exit_rates[-1] for _, figures in shown]
    axes.plot([number for number, _ in shown], values, "o-", color=INK["s1"], linewidth=1.4)
    _over_bits(axes)


def _over_bits(axes: Axes) -> None:
    axes.set_xlabel("bits of weights and activations")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.1%}"))
