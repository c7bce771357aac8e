"""The pictures of a search and of a sweep."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from toolkit.core.artifact import write_bytes
from toolkit.explore.search import OBJECTIVES, Aim, Exploration, Tried
from toolkit.report.plots.common import Panel, below, png
from toolkit.report.svg import INK

PARETO = "pareto.png"
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
        (begun, INK["line"], "given up early"),
        (ends, INK["muted"], "trained to the end"),
    ):
        if shown := [_at(point, across, up) for point in points if point.figures is not None]:
            axes.plot(*zip(*shown, strict=True), "o", color=ink, markersize=4, label=label)
    front = sorted((_at(point, across, up), str(point.number)) for point in found.front)
    best = [place for place, _ in front]
    axes.plot(*zip(*best, strict=True), "o-", color=INK["accent"], linewidth=1.2, label="best")
    for place, number in front:
        axes.annotate(number, place, xytext=(4, -11), textcoords="offset points", color=INK["accent"])
    axes.set_xlabel(f"{across.name} ({across.unit})" if across.unit else across.name)
    axes.set_ylabel(up.name)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: up.text(value)))
    below(axes, columns=3)


def _at(point: Tried, across: Aim, up: Aim) -> tuple[float, float]:
    assert point.figures is not None
    return across.value(point.figures), up.value(point.figures)
