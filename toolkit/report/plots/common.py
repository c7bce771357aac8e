"""Helpers that all plots of a report use."""

from __future__ import annotations

from contextlib import AbstractContextManager

import matplotlib
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from toolkit.report.svg import INK, STYLE
from toolkit.report.text import percent

WIDTH = 9.4  # inches at 10 points; the page scales it


def style() -> AbstractContextManager[None]:
    """Return a context in which Matplotlib draws in the page's style."""
    return matplotlib.rc_context(STYLE)


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
        fontsize=9.5,
        bbox={"facecolor": INK["card"], "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
        zorder=5,
    )
