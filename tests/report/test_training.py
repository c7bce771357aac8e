"""The page and the picture of a training, from its folder alone."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.report import fake_run
from tests.report.test_page import Page
from toolkit.report import plots
from toolkit.report.schema import EpochMetrics
from toolkit.report.training import CURVES, TRAINING_PAGE, write_training, write_trainings
from toolkit.train import Epoch, History, PhaseEnd, TrainingEnds


def end(phase: str, kept: int, most: int) -> PhaseEnd:
    return PhaseEnd(
        phase=phase,
        reason="patience",
        monitored="val_combined",
        better="max",
        kept=kept,
        best=0.9,
        epochs=6,
        most=most,
        patience=3,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A float phase of six epochs of twenty, and a quantised one of two."""
    epochs = []
    for phase, count in (("float", 6), ("quantized", 2)):
        for k in range(1, count + 1):
            falling = {"loss": 3.0 / k, "loss_exit0": 1.5 / k, "loss_exit1": 1.4 / k}
            rising = {"exit0": 1 - 0.5 / k, "exit1": 1 - 0.4 / k}
            both = {
                f"{s}_{name}": value for s in ("train", "val") for name, value in (falling | rising).items()
            }
            metrics = both | {"val_combined": 1 - 0.45 / k}
            epochs.append(Epoch(phase=phase, epoch=k, rate=0.1, metrics=metrics, seconds=1.0))
    History(epochs=tuple(epochs)).save(tmp_path)
    TrainingEnds(phases=(end("float", 3, 20),)).save(tmp_path)
    return tmp_path


def test_the_page_says_why_it_ended_and_what_the_curves_say(folder: Path) -> None:
    assert write_training(folder, "b_lenet_se on <digits>")
    html = (folder / TRAINING_PAGE).read_text()
    for word in ("http:", "https:", "//", "@import", "src=", "<link", str(folder)):
        assert word not in html
    text = " ".join(Page(html).text.replace("\N{NO-BREAK SPACE}", " ").split())
    for words in (
        "b_lenet_se on <digits>",
        "Float training: still improving. Stopped after epoch 6 of 20: no better val_combined in 3 epochs. "
        "The weights kept are those of epoch 3, with the highest val_combined (0.9).",
        "Quantized training: too short to tell. 2 epochs; why it ended is not recorded.",
        "Train for more epochs.",
        "weights of float epoch 3 kept",
        "exit 1 80.00%",
    ):
        assert words in text


def test_what_is_drawn_per_exit(folder: Path) -> None:
    drawn = plots.training(EpochMetrics.of(folder), ())
    assert drawn is not None
    text = Page(drawn).text
    for label in ("exit 0", "exit 1", "all exits", "combined", "training", "Loss", "Accuracy"):
        assert label in text


def test_the_picture_is_in_the_colours_of_a_light_page_and_always_the_same(folder: Path) -> None:
    write_training(folder, "one")
    first = (folder / CURVES).read_bytes()
    write_training(folder, "another")
    assert (folder / CURVES).read_bytes() == first
    pixels = np.asarray(Image.open(io.BytesIO(first)).convert("RGB"))
    assert pixels.shape[0] > 300
    colours = {tuple(int(part) for part in row) for row in pixels.reshape(-1, 3)}
    wanted = {"card": "ffffff", "ink": "1b2430", "exit 0": "e08a17", "exit 1": "9b4fc4"}
    assert {name for name, one in wanted.items() if tuple(bytes.fromhex(one)) not in colours} == set()
    placeholders = {(5, 5, 1), (5, 5, 3), (1, 1, 1), (4, 4, 4), (6, 6, 6)}
    assert not colours & placeholders


def test_without_epochs_there_is_no_page(tmp_path: Path) -> None:
    assert not write_training(tmp_path, "nothing")
    assert list(tmp_path.iterdir()) == []


def test_old_curves_without_figures_of_training_are_drawn(tmp_path: Path) -> None:
    (tmp_path / History.FILE).write_text(fake_run.HISTORY)
    assert write_training(tmp_path, "old")
    assert "all exits" in (tmp_path / TRAINING_PAGE).read_text()


def test_several_trainings_share_a_page(folder: Path, tmp_path: Path) -> None:
    write_trainings(tmp_path / "both.html", "two", {"Long": folder, "Patience 10": folder})
    page = Page((tmp_path / "both.html").read_text())
    assert len(page.ids) == len(set(page.ids)) > 0
    assert page.text.count("Stopped after epoch 6 of 20") == 2
    for heading in ("Long", "Patience 10"):
        assert heading in page.text
