"""What the plots of a report share."""

from __future__ import annotations

from contextlib import AbstractContextManager

import matplotlib
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from toolkit.report.svg import INK, STYLE
from toolkit.report.text import percent

WIDTH = 9.4  # inches at 10 points; the page scales it


def style() -> AbstractContextManager[None]:
    """The page's style, as a context to draw in."""
    return matplotlib.rc_context(STYLE)


def exit_ink(index: int) -> str:
    """The colour of exit ``index``: that of its head, see :mod:`toolkit.report.page`."""
    return INK[f"s{(2 * index + 1) % 8}"]


def near(axes: Axes, low: float, high: float) -> None:
    """Show the values and some room around them, but no more than there is to 100 %."""
    room = max(0.15 * (high - low), 0.001)
    axes.set_ylim(low - 2.5 * room, min(high + room, 1 + 0.3 * room))
    digits = 2 if high - low < 0.02 else 1 if high - low < 0.1 else 0
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, digits)))
    axes.yaxis.set_major_locator(MaxNLocator(6))


def accent(axes: Axes, text: str, at: tuple[float, float], *, left: bool, offset: float = -14) -> None:
    """A label in the accent colour beside the point ``at``, to its left or right."""
    axes.annotate(
        text,
        at,
        xytext=(-8 if left else 8, offset),
        textcoords="offset points",
        ha="right" if left else "left",
        color=INK["accent"],
        fontweight="bold",
        fontsize=9.5,
        bbox={"facecolor": INK["card"], "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
        zorder=5,
    )
