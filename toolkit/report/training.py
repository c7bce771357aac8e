"""The page of a training: its curves, how its phases ended and what they say."""

from __future__ import annotations

from collections.abc import Mapping
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
    write_trainings(folder / TRAINING_PAGE, title, {"Training": folder})
    return True


def write_trainings(file: Path, title: str, trainings: Mapping[str, Path]) -> None:
    """Write one page of several trainings, each under a heading, from their folders.

    Raises:
        ArtifactError: a file is damaged.
    """
    template, sections = environment().get_template("training.html.j2"), []
    for k, (heading, folder) in enumerate(trainings.items()):
        phases = summaries(folder)
        plotted = training(EpochMetrics.of(folder), phases, f"training{k}")
        sections.append(Markup(template.render(heading=heading, phases=phases, plot=plotted)))
    page = environment().get_template("training_page.html.j2").render(title=title, sections=sections)
    write_bytes(file, page.encode(errors="backslashreplace"))
