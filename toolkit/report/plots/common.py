"""Helpers that all plots of a report use."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import matplotlib
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Bbox

from toolkit.core.quantities import Histogram
from toolkit.report.hover import tell
from toolkit.report.svg import INK, STYLE, to_png, to_svg
from toolkit.report.text import percent

WIDE, NARROW = 9.4, 4.0
"""Widths of the two drawings of a plot, in inches of 72 units. The page scales both to its own width: a
narrow one to about 336 pixels on a telephone that is 390 pixels wide, so its smallest text has 11.6."""

COLUMNS = 2


@dataclass(frozen=True)
class Panel:
    """One pair of axes of a plot.

    Attributes:
        title: short title, which must fit a narrow drawing.
        says: what can be read from it, in words, for readers who cannot see it.
        draw: function that draws into the axes; it sets no title on the left.
    """

    title: str
    says: str
    draw: Callable[[Axes], None]


def plot(
    name: str,
    title: str,
    panels: Sequence[Panel],
    *,
    height: float,
    narrow_height: float | None = None,
    widths: tuple[float, ...] = (1, 1),
) -> Markup:
    """Draw a plot twice: all panels in one figure for wide pages, each on its own for narrow ones.

    Args:
        name: name that is unique on the page.
        title: what the plot is.
        panels: axes, two in a row of the wide drawing.
        height: height of a row of the wide drawing, in inches.
        narrow_height: height of each panel of the narrow drawing; by default the same.
        widths: relative widths of the columns of the wide drawing.
    """
    with matplotlib.rc_context(STYLE):
        drawn = [_wide(name, title, panels, height, widths)]
        size = (NARROW, narrow_height or height)
        drawn += [_narrow(f"{name}-narrow{i}", panel, size) for i, panel in enumerate(panels)]
    html = '<div class="plot"><div class="wide">{}</div><div class="narrow">{}</div></div>'
    return Markup(html).format(drawn[0], Markup("\n").join(drawn[1:]))


def png(panels: Sequence[Panel], *, height: float) -> bytes:
    """Draw panels as the wide drawing of :func:`plot`, as a PNG in the colours of a light page."""
    with matplotlib.rc_context(STYLE):
        return to_png(_figure(panels, height, (1, 1)))


def _wide(name: str, title: str, panels: Sequence[Panel], height: float, widths: tuple[float, ...]) -> Markup:
    figure = _figure(panels, height, widths)
    return to_svg(figure, f"{name}-wide", title, " ".join(f"{panel.title}: {panel.says}" for panel in panels))


def _figure(panels: Sequence[Panel], height: float, widths: tuple[float, ...]) -> Figure:
    columns = min(COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(WIDE, height * rows))
    grid = figure.subplots(rows, columns, squeeze=False, width_ratios=widths[:columns])
    for axes, panel in zip(grid.flat, panels, strict=False):
        _draw(axes, panel)
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    _settle(figure)
    return figure


def _narrow(name: str, panel: Panel, size: tuple[float, float]) -> Markup:
    figure = Figure(figsize=size)
    _draw(figure.subplots(), panel)
    _settle(figure)
    return to_svg(figure, name, panel.title, panel.says)


def _draw(axes: Axes, panel: Panel) -> None:
    axes.set_title(panel.title)
    panel.draw(axes)


def _settle(figure: Figure) -> None:
    """Compute the layout, and drop labels of the x axes that would touch the one to their left."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # it is done: to do it again would double the time
    for axes in figure.axes:
        low, high = sorted(axes.get_xlim())
        ticks = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
        shown = [(label.get_window_extent(renderer), at, label) for at, label in ticks if low <= at <= high]
        shown.sort(key=lambda one: one[0].x0)
        kept = _apart(shown)
        if len(kept) < len(shown) and axes.get_xscale() == "linear":
            kept = next(some for step in count(2) if len(_apart(some := shown[::step])) == len(some))
        if len(kept) < len(shown):
            limits = axes.get_xlim()
            axes.set_xticks([at for _, at, _ in kept], [label.get_text() for _, _, label in kept])
            axes.set_xlim(limits)


def _apart(labels: Sequence[_Label]) -> list[_Label]:
    """Return the labels that do not touch the one kept before them; ``labels``: from left to right."""
    kept: list[_Label] = []
    for one in labels:
        if not kept or one[0].x0 >= kept[-1][0].x1 + _GAP:
            kept.append(one)
    return kept


_Label = tuple[Bbox, float, Text]
"""Extent of a tick's label, place of the tick, label."""
_GAP = 6.0


def histogram(axes: Axes, bins: Histogram, *, bottom: float, height: float, least: float, ink: str) -> None:
    """Draw cycles of frames as bars.

    Square roots as heights keep bins with few frames visible; for that no bar is narrower than ``least``.
    """
    frames = np.array(bins.frames)
    starts, shown = bins.start + bins.width * np.arange(len(frames)), frames > 0
    heights = height * np.sqrt(frames[shown] / frames.max())
    width = max(bins.width, least)
    bars = axes.bar(starts[shown], heights, width=width, bottom=bottom, align="edge", color=ink)
    ranges = ((start, start + bins.width - 1) for start in starts[shown])
    cycles = [f"{low:,} to {high:,}" if high > low else f"{low:,}" for low, high in ranges]
    told = zip(cycles, frames[shown], strict=True)
    tell(bars, [f"{text} cycles: {count:,} frame{'s' if count > 1 else ''}" for text, count in told])


def exit_ink(index: int) -> str:
    """Return the colour of exit ``index``, which is that of its head in :mod:`toolkit.report.page`."""
    return INK[f"s{(2 * index + 1) % 8}"]


def near(axes: Axes, low: float, high: float) -> None:
    """Set the limits of a share's axis to the values with some room, but not much above 100 %."""
    room = max(0.15 * (high - low), 0.001)
    axes.set_ylim(low - 2.5 * room, min(high + room, 1 + 0.3 * room))
    digits = 2 if high - low < 0.02 else 1 if high - low < 0.1 else 0
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, digits)))
    axes.yaxis.set_major_locator(MaxNLocator(6))


def accent(axes: Axes, text: str, at: tuple[float, float], *, left: bool, offset: float = -14) -> None:
    """Draw a label in the accent colour to the left or right of the point ``at``."""
    axes.annotate(
        text,
        at,
        xytext=(-8 if left else 8, offset),
        textcoords="offset points",
        ha="right" if left else "left",
        color=INK["accent"],
        fontweight="bold",
        bbox={"facecolor": INK["card"], "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
        zorder=5,
    )


def below(axes: Axes, *, columns: int) -> None:
    """Place the legend below the axes, where it hides no curve."""
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.2), ncols=columns)
