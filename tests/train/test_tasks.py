"""Short trainings for other tasks than classification."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

import hw_models
from hw_models import QuantConfig
from tests.data.number_sets import few_numbers
from toolkit.core.errors import BadOption
from toolkit.data import Dataset, Split, load
from toolkit.train import TrainingEnds, TrainOptions
from toolkit.train.checkpoint import Checkpoint
from toolkit.train.history import History
from toolkit.train.run import train

SHORT = TrainOptions(float_epochs=1, epochs=1, batch=32, augment=0.0, distill=0.5, teacher=0.5)
OPTIONS = TrainOptions(float_epochs=2, epochs=1, batch=32, average=0.5, augment=0.0, teacher=0.5)


def few(dataset: Dataset) -> Dataset:
    """At most 96 frames of each split."""
    parts = {name: Split(split.images[:96], split.labels[:96]) for name, split in dataset.splits()}
    return Dataset(dataset.name, dataset.classes, **parts)


@pytest.mark.parametrize(
    ("model", "data", "figure"), [("autoencoder", "hums", "auroc"), ("mlp_diabetes", "diabetes", "r2")]
)
def test_a_training_is_judged_by_its_own_loss(tmp_path: Path, model: str, data: str, figure: str) -> None:
    checkpoint = train(hw_models.get(model), QuantConfig(), few(load(data)), OPTIONS, tmp_path)
    assert figure in checkpoint.details["metrics"]["test"]
    assert checkpoint.thresholds == ()
    epochs = History.load(tmp_path).epochs
    assert len(epochs) == 3
    assert all("val_combined" not in row.metrics and "val_exit0" not in row.metrics for row in epochs)
    losses = [row.metrics["val_loss"] for row in epochs[:2]]
    end = TrainingEnds.load(tmp_path).phases[0]
    assert (end.monitored, end.better, end.best) == ("val_loss", "min", min(losses))


def test_faulty_frames_for_training_have_no_part_in_it(tmp_path: Path) -> None:
    data, options = few(load("hums")), TrainOptions(float_epochs=1, epochs=0, batch=32, augment=0.0)
    white = np.full((32, *data.image_shape), 255, np.uint8)
    more = Split(
        np.concatenate([white, data.train.images]), np.concatenate([np.ones(32, np.int64), data.train.labels])
    )
    net, states = hw_models.get("autoencoder"), []
    for name, one in (("as it is", data), ("more", dataclasses.replace(data, train=more))):
        states.append(train(net, QuantConfig(), one, options, tmp_path / name).state)
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_sequences_are_trained_with_all_exits(tmp_path: Path) -> None:
    data = few_numbers()
    checkpoint = train(hw_models.get("b_lenet_numbers"), QuantConfig(), data, SHORT, tmp_path)
    assert len(checkpoint.thresholds) == 1
    figures = checkpoint.details["metrics"]["test"]
    assert len(figures["exit_accuracy"]) == len(figures["character_accuracy"]) == 2
    assert min(figures["character_accuracy"]) > 0.1
    assert {"val_combined", "val_exit0", "train_exit1"} <= set(History.load(tmp_path).epochs[0].metrics)
    assert Checkpoint.load(tmp_path).network.groups == 6


def test_data_with_other_groups_are_refused(tmp_path: Path) -> None:
    data = dataclasses.replace(few_numbers(), groups=5)
    with pytest.raises(BadOption, match="expected groups of classes 6; found 5"):
        train(hw_models.get("b_lenet_numbers"), QuantConfig(), data, SHORT, tmp_path)
