"""The page of a training: its curves, how its phases ended and what they say."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from toolkit.core.artifact import write_bytes
from toolkit.report.page import environment
from toolkit.report.plots import training, training_png
from toolkit.report.schema import EpochMetrics
from toolkit.train import summaries

TRAINING_PAGE = "training.html"
CURVES = "curves.png"


def write_training(folder: Path, title: str) -> bool:
    """Write page and picture of the training in ``folder`` there; returns whether there were curves to show.

    Args:
        folder: with the training's history, and its ends if they were recorded.
        title: what was trained on what.

    Raises:
        ArtifactError: a file is damaged.
    """
    rows, phases = EpochMetrics.of(folder), summaries(folder)
    if not rows:
        return False
    write_bytes(folder / CURVES, training_png(rows, phases))
    section = (
        environment().get_template("training.html.j2").render(phases=phases, plot=training(rows, phases))
    )
    page = environment().get_template("training_page.html.j2").render(title=title, section=Markup(section))
    write_bytes(folder / TRAINING_PAGE, page.encode(errors="backslashreplace"))
    return True
