"""The report of a network that reconstructs: its own figures, no accuracies, and why there is no more."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from hw_models import Flatten, Linear, NetworkSpec, QuantConfig, Relu
from tests.report import fake_run
from tests.report.test_page import Page
from toolkit.core.errors import BadOption, CheckpointMismatch
from toolkit.data import Dataset, Split
from toolkit.exits import ExitPolicy
from toolkit.report.page import render
from toolkit.report.schema import Report
from toolkit.report.side_by_side.compare import compare
from toolkit.report.sources import Sources, collect
from toolkit.tasks import Readout
from toolkit.train.checkpoint import Checkpoint

NET = NetworkSpec(
    "again", (1, 2, 5), 10, ((Flatten(), Linear(2), Relu()),), ((Linear(10),),), (1.0,), "reconstruction"
)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """Outputs are 0 but for one of 8 steps; four frames are near that, the third is far away."""
    made = fake_run.write(tmp_path_factory.mktemp("result") / "run", backbone=True)
    folders, outputs = made.folders, fake_run.logits(fake_run.LATE) * fake_run.SCALE * 256
    images = np.clip(outputs, 0, 255).astype(np.uint8).reshape(5, 1, 2, 5)
    images[2] = np.where(images[2], 1, 100)
    images = np.concatenate([images, images[:1]])
    test = Split(images, np.array([0, 0, 1, 0, 1, 0], np.int64))
    data = Dataset("hums", ("healthy", "faulty"), test, test, test, test)
    checkpoint = Checkpoint(
        NET, data.name, data.digest, QuantConfig(), Checkpoint.load(folders["train"]).state
    )
    checkpoint.save(folders["train"])
    ExitPolicy.of_one_exit(10, "top1", checkpoint.digest).save(folders["calibrate"])
    readout = Readout(
        task="reconstruction",
        checkpoint=checkpoint.digest,
        scale=fake_run.SCALE,
        threshold=80_000.0,
        false_alarms=0.05,
        frames=600,
        above=30,
    )
    readout.save(folders["calibrate"])
    return dataclasses.replace(made, dataset=data)


@pytest.fixture(scope="module")
def report(sources: Sources) -> Report:
    return collect(sources)


def test_the_figures_are_those_of_the_outputs(report: Report) -> None:
    assert report.result is not None
    found = report.result.values
    # One output is 1024 grey levels, 769 above white. In the third frame it is 1023 away, nine others 100.
    assert found["mse_normal"] == 769**2 / 10
    assert found["mse_anomalous"] == (769**2 / 10 + (1023**2 + 9 * 100**2) / 10) / 2
    assert (found["false_alarms"], found["found"], found["auroc"]) == (0, 0.5, 0.75)
    assert (report.task, report.exits[0].accuracy, report.combined.accuracy) == ("reconstruction", None, None)


def test_it_comes_back(report: Report, tmp_path: Path) -> None:
    report.save(tmp_path)
    assert Report.load(tmp_path) == report
    assert not [key for key in report.provenance if "accuracy" in key]
    with pytest.raises(ValueError, match="either accuracies or another task's result"):
        Report.model_validate({**report.model_dump(by_alias=True), "result": None})


def test_the_page_says_what_there_is_and_why_there_is_no_more(report: Report) -> None:
    page = Page(render(report))
    text = " ".join(page.text.split())
    for words in (
        "0.750 area under the ROC curve",
        "Above 80000.0 a frame is called an anomaly",
        "Left out: thresholds of exits, the cascade, the comparison with the network without early exit",
        "one exit: a frame leaves early when its class is sure, and a reconstruction has no classes",
        "ROC curve",
        "multiply-accumulates per frame",
    ):
        assert words in text, words
    for words in ("accuracy", "leave at exit", "The cascade", "of the multiply-accumulates"):
        assert words not in text, words


def test_a_reading_of_another_checkpoint_is_refused(sources: Sources, tmp_path: Path) -> None:
    readout = Readout.load(sources.folders["calibrate"])
    other = tmp_path / "calibrate"
    other.mkdir()
    readout.model_copy(update={"checkpoint": "f" * 64}).save(other)
    ExitPolicy.load(sources.folders["calibrate"]).save(other)
    wrong = dataclasses.replace(sources, folders={**sources.folders, "calibrate": other})
    with pytest.raises(CheckpointMismatch, match="readout of outputs is of another checkpoint"):
        collect(wrong)


def test_it_is_not_set_beside_networks_that_classify(report: Report) -> None:
    words = "run b beside others; expected networks for classification.*found again, for reconstruction"
    with pytest.raises(BadOption, match=words):
        compare({"b": report, "a": report})
