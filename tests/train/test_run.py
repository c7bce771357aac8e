from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import hw_models
from hw_models import QuantConfig
from hw_models.network import PIXEL_SCALE
from hw_models.quantized import build_quantized
from toolkit.core.errors import BadOption, CheckpointMismatch, TrainingDiverged
from toolkit.data import OWN, Dataset, PictureForm, Split
from toolkit.train import TrainingEnds, TrainOptions, recipe, summaries
from toolkit.train.card import write_card
from toolkit.train.checkpoint import Checkpoint
from toolkit.train.history import History
from toolkit.train.run import train

SE = hw_models.get("b_lenet_se")
QUANT = QuantConfig()
TINY = TrainOptions(float_epochs=2, epochs=4, batch=25, average=0.5, patience=10, distill=0.5, teacher=0.5)


def test_a_short_training_beats_chance_by_far(tmp_path: Path, digits: Dataset) -> None:
    options = TrainOptions(float_epochs=3, epochs=2, batch=32, average=0.8, float_rate=8e-3, augment=0.3)
    checkpoint = train(SE, QUANT, digits, options, tmp_path)
    figures = checkpoint.details["metrics"]["test"]
    assert figures["combined_accuracy"] > 0.6
    assert figures["images"] == 360
    assert sum(figures["exit_rate"]) == pytest.approx(1.0)


def test_what_a_training_leaves_behind(tmp_path: Path, few_digits: Dataset) -> None:
    lines: list[str] = []
    checkpoint = train(SE, QUANT, few_digits, TINY, tmp_path, say=lines.append)
    assert Checkpoint.load(tmp_path).digest == checkpoint.digest
    card = json.loads((tmp_path / "checkpoint.json").read_text())
    assert card["epochs"] == {"float": 2, "quantized": 4}
    assert card["dataset_digest"] == few_digits.digest
    assert card["reproduce"] == (
        "offramp train b_lenet_se --dataset digits --seed 0 --epochs 4 --float-epochs 2 --batch 25 "
        "--teacher 0.5 --augment 1.0 --average 0.5 --patience 10"
    )
    epochs = History.load(tmp_path).epochs
    assert [(epoch.phase, epoch.epoch) for epoch in epochs] == [("float", 1), ("float", 2)] + [
        ("quantized", epoch) for epoch in range(1, 5)
    ]
    assert all(0 <= epoch.metrics["val_combined"] <= 1 for epoch in epochs)
    assert len(lines) == 6
    assert re.match(
        r"float epoch 1/2: exit0 0\.\d{4} \(0\.\d{4}\), exit1 .*, combined \(0\.\d{4}\); ", lines[0]
    )
    ends = TrainingEnds.load(tmp_path).phases
    assert [(end.phase, end.reason, end.epochs) for end in ends] == [
        ("float", "epochs", 2),
        ("quantized", "epochs", 4),
    ]
    kept = [epoch for epoch in epochs if (epoch.phase, epoch.epoch) == ("quantized", ends[1].kept)]
    assert (
        kept[0].metrics["val_combined"]
        == ends[1].best
        == max(epoch.metrics["val_combined"] for epoch in epochs if epoch.phase == "quantized")
    )
    again = train(SE, QUANT, few_digits, TINY, tmp_path, say=lines.append)
    assert again.digest == checkpoint.digest
    assert len(lines) == 6  # a finished training is not run again


def test_a_training_that_diverges_says_so(tmp_path: Path, few_digits: Dataset) -> None:
    options = TrainOptions(float_epochs=1, epochs=1, batch=25, float_rate=1e30)
    with pytest.raises(
        TrainingDiverged, match=r"the loss in step \d of epoch 1 of the float training; expected a finite"
    ):
        train(SE, QUANT, few_digits, options, tmp_path)
    assert not (tmp_path / Checkpoint.FILE).exists()
    (end,) = TrainingEnds.load(tmp_path).phases
    assert (end.reason, end.epochs, end.kept) == ("diverged", 0, None)
    assert re.match(
        r"Stopped in epoch 1 of 1: the loss is (nan|inf), at a learning rate of .* weight of .*\. "
        r"No epoch's weights were kept\.",
        end.says,
    )
    (found,) = summaries(tmp_path)
    assert found.diagnosis.verdict == "learning rate too high"


def test_figures_of_training_are_means_over_its_images(tmp_path: Path, few_digits: Dataset) -> None:
    """Of the same images and all but equal weights, training's and validation's agree; batches are uneven."""
    same = Dataset("digits", few_digits.classes, *[few_digits.train] * 4)
    options = TrainOptions(
        float_epochs=1, epochs=0, batch=70, augment=0.0, average=0.0, float_rate=1e-9, exit_weights=(0.25, 1)
    )
    train(SE, QUANT, same, options, tmp_path)
    (epoch,) = History.load(tmp_path).epochs
    for name in ("loss", "loss_exit0", "loss_exit1", "exit0", "exit1"):
        assert epoch.metrics[f"train_{name}"] == pytest.approx(epoch.metrics[f"val_{name}"], abs=2e-5)
    whole = 0.25 * epoch.metrics["val_loss_exit0"] + epoch.metrics["val_loss_exit1"]
    assert epoch.metrics["val_loss"] == pytest.approx(whole, abs=2e-5)
    assert "train_objective" not in epoch.metrics


class Killed(Exception):
    pass


def _kill_after(epochs: int) -> Any:
    seen: list[str] = []

    def say(line: str) -> None:
        seen.append(line)
        if len(seen) == epochs:
            raise Killed

    return say


def test_a_killed_training_ends_as_if_it_had_not_been(tmp_path: Path, few_digits: Dataset) -> None:
    straight = train(SE, QUANT, few_digits, TINY, tmp_path / "straight")
    for epochs in (1, 2, 2):  # in the float phase, between the phases, in the quantised phase
        with pytest.raises(Killed):
            train(SE, QUANT, few_digits, TINY, tmp_path / "killed", say=_kill_after(epochs))
    resumed = train(SE, QUANT, few_digits, TINY, tmp_path / "killed")
    assert resumed.digest == straight.digest
    figures = [
        [epoch.model_copy(update={"seconds": 0.0}) for epoch in History.load(folder).epochs]
        for folder in (tmp_path / "straight", tmp_path / "killed")
    ]
    assert figures[0] == figures[1]
    assert TrainingEnds.load(tmp_path / "straight") == TrainingEnds.load(tmp_path / "killed")


def test_a_killed_training_repeats_no_epoch_that_was_done(tmp_path: Path, few_digits: Dataset) -> None:
    """Also if no epoch became better: at this rate every epoch is as good as the first."""
    options = TrainOptions(float_epochs=5, epochs=0, batch=25, average=0.0, float_rate=1e-30)
    with pytest.raises(Killed):
        train(SE, QUANT, few_digits, options, tmp_path, say=_kill_after(4))
    lines: list[str] = []
    train(SE, QUANT, few_digits, options, tmp_path, say=lines.append)
    assert [line.partition(":")[0] for line in lines] == ["float epoch 4/5", "float epoch 5/5"]
    (end,) = TrainingEnds.load(tmp_path).phases
    assert (end.reason, end.epochs, end.kept) == ("epochs", 5, 1)


def test_a_card_names_the_bits_and_epochs_in_its_command(tmp_path: Path) -> None:
    quant = QuantConfig(weight_bits=3, per_channel=True)
    details = {"seed": 2, "options": recipe("mnist", epochs=5).to_json()}
    card = write_card(
        Checkpoint(hw_models.get("b_lenet_fcn"), "mnist", "", quant, {}, details), tmp_path / "a.pt"
    )
    command = "offramp train b_lenet_fcn --dataset mnist --seed 2 --epochs 5 --weight-bits 3 --per-channel"
    assert json.loads(card.read_text())["reproduce"] == command


def test_the_seed_decides(tmp_path: Path, few_digits: Dataset) -> None:
    short = {"float_epochs": 0, "epochs": 1, "batch": 50}
    digests = [
        train(SE, QUANT, few_digits, TrainOptions(**short, seed=seed), tmp_path / name).digest
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_two_trainings_do_not_mix(tmp_path: Path, few_digits: Dataset) -> None:
    options = TrainOptions(float_epochs=0, epochs=1, batch=50)
    train(SE, QUANT, few_digits, options, tmp_path)
    with pytest.raises(CheckpointMismatch, match="holds another training; expected quant"):
        train(SE, QuantConfig(weight_bits=5), few_digits, options, tmp_path)
    with pytest.raises(CheckpointMismatch, match="expected network b_lenet_fcn; found network b_lenet_se"):
        train(hw_models.get("b_lenet_fcn"), QUANT, few_digits, options, tmp_path)


def test_training_stops_early(tmp_path: Path, few_digits: Dataset) -> None:
    options = TrainOptions(float_epochs=0, epochs=30, batch=100, rate=1e-12, average=0.0, patience=2)
    train(SE, QUANT, few_digits, options, tmp_path)
    assert len(History.load(tmp_path).epochs) == 3
    (end,) = TrainingEnds.load(tmp_path).phases
    assert (end.reason, end.kept) == ("patience", 1)
    assert end.says.startswith("Stopped after epoch 3 of 30: no better val_combined in 2 epochs. The weights")


def test_thresholds_hold_still_after_freezing(tmp_path: Path, few_digits: Dataset) -> None:
    options = TrainOptions(float_epochs=0, epochs=2, batch=25, freeze=0.0, average=0.0, rate=0.01)
    checkpoint = train(SE, QUANT, few_digits, options, tmp_path)
    torch.manual_seed(0)
    net = build_quantized(SE, QUANT)
    net.calibrate(torch.tensor(few_digits.train.images).float() * PIXEL_SCALE)
    scales = {name for name, value in net.state_dict().items() if name.endswith("scaling_impl.value")}
    assert scales
    for name in scales:
        assert torch.equal(checkpoint.state[name], net.state_dict()[name])


@pytest.mark.parametrize(
    ("change", "words"), [({"exit_weights": (1.0,)}, "one per exit"), ({"device": "gpu"}, "no GPU")]
)
def test_options_that_do_not_fit_are_refused(
    tmp_path: Path, few_digits: Dataset, change: dict, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    with pytest.raises(BadOption, match=words):
        train(SE, QUANT, few_digits, TrainOptions(**change), tmp_path)
    assert not list(tmp_path.iterdir())


def test_images_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    split = Split(np.zeros((4, 3, 32, 32), np.uint8), np.zeros(4, np.int64))
    with pytest.raises(BadOption, match=r"images .* \(1, 28, 28\); found \(3, 32, 32\)"):
        train(SE, QUANT, Dataset("colour", tuple("0123456789"), split, split, split, split), TINY, tmp_path)
    split = Split(np.zeros((4, 1, 28, 28), np.uint8), np.zeros(4, np.int64))
    with pytest.raises(BadOption, match=r"expected classes 10; found 2\. Choose a network for these data"):
        train(SE, QUANT, Dataset("two", ("a", "b"), split, split, split, split), TINY, tmp_path)


@pytest.mark.parametrize(
    ("dataset", "form", "words"),
    [
        *((name, None, "--data-path DATA") for name in OWN),
        ("imagefolder", PictureForm(size=(6, 5), colour="rgb"), "--data-path DATA"),
        (
            "imagefolder",
            PictureForm(size=(6, 5), colour="grey", resize=True, convert=True),
            "--data-path DATA --image-size 6 --image-width 5 --colour grey",
        ),
        (
            "imagefolder",
            PictureForm(size=(6, 6), colour="rgb", resize=True),
            "--data-path DATA --image-size 6",
        ),
    ],
)
def test_a_card_says_how_own_data_are_read(
    tmp_path: Path, dataset: str, form: PictureForm | None, words: str
) -> None:
    details = {} if form is None else {"pictures": form.model_dump(mode="json")}
    checkpoint = Checkpoint(hw_models.get("b_lenet_fcn"), dataset, "", QuantConfig(), {}, details)
    command = json.loads(write_card(checkpoint, tmp_path / "a.pt").read_text())["reproduce"]
    assert command == f"offramp train b_lenet_fcn --dataset {dataset} {words} --seed 0"
