"""The page of the checks before a training: findings, contact sheets, loss against the learning rate."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from toolkit.core.artifact import write_bytes
from toolkit.data import Split
from toolkit.report.page import environment
from toolkit.report.plots.common import Panel, plot
from toolkit.report.svg import INK
from toolkit.train.checks.result import FoundRates, TrainingChecks

CHECKS_PAGE = "checks.html"
SHEET = "sheet.png"
EACH = 8
"""Images of each class on the contact sheet."""
SUSPECTS = 24
"""Suspects that are shown."""
_CELL = 0.62
_MOST_CLASSES = 40


def write_checks(checks: TrainingChecks, train: Split, folder: Path) -> None:
    """Write results, page and contact sheet into ``folder``.

    Args:
        train: the training split that was checked.
    """
    checks.save(folder)
    sheet = _sheet(_examples(checks, train), train, EACH)
    write_bytes(folder / SHEET, sheet)
    suspects = checks.data.suspects[:SUSPECTS]
    titles = [
        (one.image, f"{checks.classes[one.label]}, looks like {checks.classes[one.looks_like]}")
        for one in suspects
    ]
    page = (
        environment()
        .get_template("checks.html.j2")
        .render(
            checks=checks,
            sheet=_embedded(sheet),
            suspects=_embedded(_sheet(titles, train, 4)) if titles else None,
            plot=_rate_plot(checks.network.rate),
            **{"shown": len(titles)},
        )
    )
    write_bytes(folder / CHECKS_PAGE, page.encode(errors="backslashreplace"))


def _examples(checks: TrainingChecks, train: Split) -> list[tuple[int, str]]:
    """Return the first images of each class with its name."""
    return [
        (int(place), name)
        for label, name in enumerate(checks.classes[:_MOST_CLASSES])
        for place in np.flatnonzero(train.labels == label)[:EACH]
    ]


def _sheet(images: Sequence[tuple[int, str]], train: Split, columns: int) -> bytes:
    """Draw images, by place and title, as a PNG."""
    rows = -(-len(images) // columns)
    wide = _CELL * (1 if columns == EACH else 2)
    figure = Figure(figsize=(wide * columns, (_CELL + 0.2) * rows))
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, (place, title) in zip(grid.flat, images, strict=False):
        image = train.images[place].transpose(1, 2, 0)
        grey = image.shape[2] == 1
        axes.imshow(
            image[..., 0] if grey else image[..., :3], cmap="gray" if grey else None, vmin=0, vmax=255
        )
        axes.set_title(title[:40], fontsize=6, pad=2)
    figure.subplots_adjust(left=0, right=1, bottom=0, top=1 - 0.16 / (_CELL * rows), hspace=0.35, wspace=0.1)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()


def _embedded(picture: bytes) -> Markup:
    return Markup("data:image/png;base64,") + base64.b64encode(picture).decode()


def _rate_plot(found: FoundRates) -> Markup | None:
    if not found.rates:
        return None
    says = "no rate is suggested" if found.suggested is None else f"suggested {found.suggested:.2g}"
    panel = Panel("Loss against the learning rate", says, partial(_draw_rates, found))
    return plot("rates", "Learning rates", [panel], height=3.0)


def _draw_rates(found: FoundRates, axes: Axes) -> None:
    axes.plot(found.rates, found.losses, color=INK["s0"])
    axes.set_xscale("log")
    axes.set_xlabel("learning rate")
    low = min(found.losses)
    axes.set_ylim(0, 2.5 * max(found.losses[0], low))
    if found.suggested is not None:
        axes.axvline(found.suggested, color=INK["accent"], linestyle=":")
