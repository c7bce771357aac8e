"""Values at the points of a plot, which a page shows below the pointer or by the arrow keys.

Every line with a label tells its values, unless :func:`tell` says better; bars tell what they are told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from toolkit.report.text import percent, plain

UNITS = 72
"""Units of an SVG's coordinates in an inch."""
_APART = 4.0
"""Units between two points of a line: nearer ones could not be told from each other."""
_TOLD: WeakKeyDictionary[Artist, Sequence[str]] = WeakKeyDictionary()


class PlotPoint(NamedTuple):
    """A place in units of the SVG, from its upper left corner, and what is there."""

    x: float
    y: float
    says: str


def tell(of: Line2D | BarContainer, says: Sequence[str]) -> None:
    """Say what each point of a line, or each of some bars, stands for."""
    if isinstance(of, Line2D):
        _TOLD[of] = says
    else:
        _TOLD.update({bar: [text] for bar, text in zip(of.patches, says, strict=True)})


def points(figure: Figure) -> list[PlotPoint]:
    """Return the points of a figure whose layout is done, line by line."""
    found = [one for axes in figure.axes for line in _lines(axes) for one in _thinned(line)]
    scale, height = UNITS / figure.dpi, UNITS * figure.get_figheight()
    return [PlotPoint(round(one.x * scale, 1), round(height - one.y * scale, 1), one.says) for one in found]


def _lines(axes: Axes) -> Iterator[list[PlotPoint]]:
    """Yield the points inside the axes of each line and bar, in pixels from the lower left corner."""
    for line in axes.lines:
        named = not str(line.get_label()).startswith("_") and line.get_transform() == axes.transData
        if line in _TOLD or named:
            data = np.column_stack(line.get_data())
            places = axes.transData.transform(data)
            says = _TOLD.get(line) or [_said(axes, line, x, y) for x, y in data]
            yield [
                PlotPoint(x, y, text)
                for (x, y), text in zip(places, says, strict=True)
                if _inside(axes, x, y)
            ]
    for bar in axes.patches:
        if bar in _TOLD:
            box = bar.get_window_extent()
            yield [PlotPoint((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2, *_TOLD[bar])]


def _inside(axes: Axes, x: float, y: float) -> bool:
    return bool(axes.bbox.padded(1).contains(x, y))


def _said(axes: Axes, line: Line2D, x: float, y: float) -> str:
    """Say a point: the name of its line, its value, and below it where that is."""
    where = axes.fmt_xdata(x) if axes.fmt_xdata else _text(axes.xaxis, x)
    return f"{line.get_label()}: {_text(axes.yaxis, y)}\n{axes.get_xlabel()}: {where}"


def _text(axis: Axis, value: float) -> str:
    """Write a value as its axis does, but to more digits."""
    shares = any(label.get_text().endswith("%") for label in axis.get_ticklabels())
    return percent(value) if shares else plain(value)


def _thinned(line: Sequence[PlotPoint]) -> Iterator[PlotPoint]:
    last: PlotPoint | None = None
    for one in line:
        if last is None or abs(one.x - last.x) + abs(one.y - last.y) >= _APART:
            last = one
            yield one
