"""What learns in each mode, and what optimisers, schedules and regularisation change."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

import hw_models
from hw_models import QuantConfig
from hw_models.floating import build_float
from toolkit.core.errors import BadOption, UnknownName
from toolkit.data import Dataset
from toolkit.train import History, TrainingEnds, TrainOptions
from toolkit.train.module import ExitTraining
from toolkit.train.options import OPTIMIZERS, SCHEDULES
from toolkit.train.run import train, train_float
from toolkit.train.weights import FloatWeights

SE = hw_models.get("b_lenet_se")
SHORT = TrainOptions(float_epochs=1, epochs=0, batch=50, augment=0.0, average=0.0)


def initial() -> dict[str, Tensor]:
    torch.manual_seed(SHORT.seed)
    return build_float(SE).state_dict()


def trained(folder: Path, data: Dataset, **changes: object) -> dict[str, Tensor]:
    return train_float(SE, data, SHORT.changed(**changes), folder).state_dict()


def moved(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    """Parts of the network whose parameters differ."""
    return {".".join(name.split(".")[:2]) for name in before if not torch.equal(before[name], after[name])}


def test_backbone_first_leaves_early_exits_as_they_are_at_first(tmp_path: Path, few_digits: Dataset) -> None:
    options = {"mode": "backbone-first", "weight_decay": 0.0, "exit_weights": (0.5, 1.0)}
    short = trained(tmp_path / "one", few_digits, **options)
    assert moved(initial(), short) == {"trunks.0", "trunks.1", "heads.1"}
    trained(tmp_path / "two", few_digits, float_epochs=2, **options)
    epochs = History.load(tmp_path / "two").epochs
    assert epochs[0].metrics["train_objective"] == pytest.approx(
        epochs[0].metrics["train_loss_exit1"], abs=1e-4
    )
    assert epochs[1].metrics["train_objective"] == pytest.approx(epochs[1].metrics["train_loss"], abs=1e-4)


def test_exits_only_keeps_the_backbone_in_both_phases(tmp_path: Path, few_digits: Dataset) -> None:
    given = FloatWeights(initial(), 256, "0" * 64)
    options = SHORT.changed(mode="exits-only", epochs=1, average=0.9)
    nets = {}
    for epochs in (0, 1):
        chosen = options.changed(epochs=epochs, float_epochs=0)
        nets[epochs] = train(
            SE, QuantConfig(), few_digits, chosen, tmp_path / f"{epochs}", weights=given
        ).state
    assert moved(dict(nets[0]), dict(nets[1])) == {"heads.0"}
    for wanted, weights in ((options, None), (options, given)):
        spec = SE if weights is None else hw_models.get("b_lenet_se_backbone")
        with pytest.raises(
            BadOption, match="training option mode; expected for exits-only, weights of a backb"
        ):
            train(spec, QuantConfig(), few_digits, wanted, tmp_path / "no", weights=weights)


def test_weights_of_early_exits_rise(few_digits: Dataset) -> None:
    module = ExitTraining(
        build_float(SE), few_digits.validation, SHORT.changed(weight_ramp=0.5), 8, 0.1, None, fresh=True
    )
    factors = []
    for epoch in range(8):
        ExitTraining.current_epoch = property(lambda self, now=epoch: now)
        factors.append(module._early())
    del ExitTraining.current_epoch
    assert factors == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser_trains(name: str, tmp_path: Path, few_digits: Dataset) -> None:
    trained(tmp_path, few_digits, optimizer=name, float_epochs=4, float_rate=2e-3 if name != "sgd" else 0.02)
    losses = [epoch.metrics["train_loss"] for epoch in History.load(tmp_path).epochs]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("constant", [1, 1, 1]),
        ("cosine", [0.75, 0.25, 0]),
        ("linear", [2 / 3, 1 / 3, 0]),
        ("step", [0.1, 0.01, 1e-3]),
    ],
)
def test_every_schedule_has_its_course(
    name: str, rates: list[float], tmp_path: Path, few_digits: Dataset
) -> None:
    assert name in SCHEDULES
    trained(tmp_path, few_digits, schedule=name, float_epochs=3, float_rate=1e-3)
    found = [epoch.rate for epoch in History.load(tmp_path).epochs]
    assert found == pytest.approx([1e-3 * rate for rate in rates], rel=0.02, abs=1e-9)


def test_l1_makes_weights_small_and_dropout_changes_training_alone(
    tmp_path: Path, few_digits: Dataset
) -> None:
    plain = trained(tmp_path / "plain", few_digits, float_epochs=2)
    sparse = trained(tmp_path / "l1", few_digits, float_epochs=2, l1=0.01)
    size = {
        name: sum(float(value.abs().sum()) for value in net.values())
        for name, net in (("p", plain), ("l", sparse))
    }
    assert size["l"] < size["p"]
    net = train_float(SE, few_digits, SHORT.changed(dropout=0.9), tmp_path / "dropout")
    images = torch.rand(2, 1, 28, 28)
    assert torch.equal(net(images)[0], net(images)[0])
    dropped = History.load(tmp_path / "dropout").epochs[0].metrics["train_loss"]
    assert dropped != History.load(tmp_path / "plain").epochs[0].metrics["train_loss"]


def test_any_validation_metric_is_monitored(tmp_path: Path, few_digits: Dataset) -> None:
    trained(tmp_path, few_digits, float_epochs=9, monitor="val_loss_exit0", patience=2, min_delta=5.0)
    (end,) = TrainingEnds.load(tmp_path).phases
    assert (end.monitored, end.better, end.reason, end.epochs) == ("val_loss_exit0", "min", "patience", 3)
    best = min(History.load(tmp_path).epochs, key=lambda epoch: epoch.metrics["val_loss_exit0"])
    assert (end.kept, end.best) == (best.epoch, best.metrics["val_loss_exit0"])
    with pytest.raises(UnknownName, match=r"unknown monitor 'val_los'.*Did you mean val_loss"):
        trained(tmp_path / "no", few_digits, monitor="val_los")
