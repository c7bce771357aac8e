"""Checks before a training, on data with faults that were put there, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import hw_models
from tests.report.test_page import Page
from toolkit.cli import run
from toolkit.core.progress import silent
from toolkit.data import Dataset, Split
from toolkit.report.checks import CHECKS_PAGE, SHEET
from toolkit.train import TrainOptions
from toolkit.train.checks import network
from toolkit.train.checks.data import check_data
from toolkit.train.checks.result import DataChecks, FoundRates, NetworkChecks, TrainingChecks

SE = hw_models.get("b_lenet_se")
WRONG = [20, 150, 260, 370, 480]
"""Places of wrong labels."""


def changed(data: Dataset, images: np.ndarray, labels: np.ndarray, test: Split | None = None) -> Dataset:
    train = Split(images, labels)
    return Dataset(data.name, data.classes, train, data.validation, data.calibration, test or data.test)


@pytest.fixture(scope="module")
def faulty(digits: Dataset) -> Dataset:
    """Digits: five wrong labels, two images that are there twice, one of these with two labels, one grey."""
    images, labels = digits.train.images[:600].copy(), digits.train.labels[:600].copy()
    labels[WRONG] = (labels[WRONG] + 5) % 10
    images[500], labels[500] = images[100], labels[100]
    images[501], labels[501] = images[101], (labels[101] + 1) % 10
    images[502] = 7
    test = Split(
        np.concatenate([images[:3], digits.test.images]), np.concatenate([labels[:3], digits.test.labels])
    )
    return changed(digits, images, labels, test)


def test_faults_of_data_are_found(faulty: Dataset) -> None:
    found = check_data(faulty)
    assert sum(found.counts["train"]) == 600
    assert (found.duplicates, found.contradictions) == (4, 2)
    assert found.shared == {"validation": 0, "calibration": 0, "test": 3}
    assert found.constant == (502,)
    planted = [one for one in found.suspects if one.image in WRONG]
    assert len(planted) >= 4
    assert all(one.looks_like == (one.label + 5) % 10 for one in planted)
    assert len(found.suspects) < 15
    assert all(one.label == faulty.train.labels[one.image] for one in found.suspects)


def test_sound_data_have_baselines_and_no_suspects(digits: Dataset) -> None:
    found = check_data(digits)
    assert (found.duplicates, found.constant, sum(found.shared.values())) == (0, (), 0)
    assert len(found.suspects) < 5
    most = int(np.argmax(found.counts["train"]))
    assert found.majority == float(np.mean(digits.validation.labels == most))
    assert found.linear is not None
    assert 0.9 < found.linear < 1


def test_data_of_one_class_have_no_linear_baseline(few_digits: Dataset) -> None:
    alone = changed(few_digits, few_digits.train.images, np.zeros_like(few_digits.train.labels))
    found = check_data(alone)
    assert (found.linear, found.suspects) == (None, ())


def test_a_sound_network_learns_a_batch_by_heart(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "RATES", 25)
    found = network.check_network(SE, digits, TrainOptions(batch=50), tmp_path, silent)
    assert found.expected == pytest.approx(np.log(10))
    assert all(abs(loss - found.expected) < 0.3 for loss in found.initial)
    assert found.learnt == (1.0, 1.0)
    assert found.steps < network.STEPS
    assert len(found.rate.rates) > 15
    assert found.rate.suggested is None or 1e-6 < found.rate.suggested < 1
    assert list(tmp_path.rglob("*.ckpt")) == []


def test_labels_that_cannot_be_learnt_are_noticed(
    few_digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "STEPS", 20)
    monkeypatch.setattr(network, "RATES", 5)
    same = np.repeat(few_digits.train.images[:1], 100, axis=0)
    found = network.check_network(
        SE, changed(few_digits, same, few_digits.train.labels), TrainOptions(batch=50), tmp_path, silent
    )
    assert max(found.learnt) < 0.5
    assert found.rate.suggested is None


def results(**changes: object) -> TrainingChecks:
    data = DataChecks(
        counts={"train": (10, 10), "test": (5, 5)},
        duplicates=0,
        contradictions=0,
        shared={"test": 0},
        constant=(),
        suspects=(),
        examined=20,
        majority=0.5,
        linear=0.75,
    )
    net = NetworkChecks(
        expected=0.693,
        initial=(0.7,),
        batch=8,
        steps=9,
        learnt=(1.0,),
        rate=FoundRates(rates=(0.1,), losses=(1.0,), suggested=0.1),
    )
    parts = {
        "data": data.model_copy(update={k: v for k, v in changes.items() if k in DataChecks.model_fields}),
        "network": net.model_copy(
            update={k: v for k, v in changes.items() if k in NetworkChecks.model_fields}
        ),
    }
    return TrainingChecks(model="m", dataset="d", classes=("a", "b"), **parts)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"counts": {"train": (1, 6)}}, "a has 1, b 6"),
        ({"duplicates": 2, "contradictions": 2}, "2 training images are there several times, 2 of them with"),
        ({"shared": {"test": 3}}, "in the training split as well: 3 of test"),
        ({"constant": (4,)}, "1 training images have a single grey level"),
        ({"initial": (0.7, 1.2)}, "losses with random weights: 0.700, 1.200; 0.693 know nothing"),
        ({"learnt": (1.0, 0.5)}, "8 images learnt by heart in 9 steps: 100%, 50%"),
        ({"rate": FoundRates(rates=(), losses=(), suggested=None)}, "the loss falls at no learning rate"),
    ],
)
def test_each_fault_is_worth_a_look(change: dict[str, object], words: str) -> None:
    assert all(one.good for one in results().findings)
    (bad,) = [one for one in results(**change).findings if not one.good]
    assert words in bad.says


def test_results_come_back(tmp_path: Path) -> None:
    results().save(tmp_path)
    assert TrainingChecks.load(tmp_path) == results()


def test_the_command_leaves_page_and_contact_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(network, "RATES", 15)
    monkeypatch.chdir(tmp_path)
    assert run(["check", "b_lenet_se", "--dataset", "digits", "--out", "run", "--json"]) == 0
    out, err = capsys.readouterr()
    step = json.loads(out)["stages"][-1]
    assert step["stage"] == "check"
    assert len(step["summary"]["findings"]) == 9
    assert "good: to beat: the most frequent class comes to" in err
    assert "CheckFinding best" not in err, "Lightning's own bar"
    folder = tmp_path / "run/check"
    assert (folder / SHEET).read_bytes()[:4] == b"\x89PNG"
    html = (folder / CHECKS_PAGE).read_text()
    assert "http" not in html.replace("data:image/png;base64,", "").split("<main>")[0]
    text = " ".join(Page(html).text.split())
    for words in (
        "Findings",
        "learnt by heart",
        "Images with their labels",
        "Loss against the learning rate",
    ):
        assert words in text
    assert run(["check", "autoencoder"]) == 2
    assert "expected a classification; found reconstruction" in capsys.readouterr().err
    assert run(["check", "b_lenet_numbers", "--dataset", "numbers"]) == 2
    assert "expected a classification; found sequence" in capsys.readouterr().err
