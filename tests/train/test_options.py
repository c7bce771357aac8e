from __future__ import annotations

import json
import math
from typing import Any

import pytest

import hw_models
from toolkit.core.errors import BadOption, UnknownName
from toolkit.tasks import task_of
from toolkit.train import TrainOptions, recipe
from toolkit.train.batches import shuffled
from toolkit.train.module import monitored
from toolkit.train.options import MOST_EPOCHS, MOST_SEED

BAD: dict[str, list[Any]] = {
    "epochs": [-1, MOST_EPOCHS + 1, math.nan],
    "float_epochs": [-1, MOST_EPOCHS + 1],
    "batch": [0, math.inf],
    "rate": [0.0, math.nan, math.inf],
    "float_rate": [-1.0, math.inf],
    "scale_rate": [-1.0, math.nan, math.inf],
    "weight_decay": [math.inf],
    "distill": [math.nan],
    "teacher": [math.inf],
    "average": [1.0, math.nan],
    "freeze": [1.5, math.nan],
    "exit_rate": [-0.1, math.nan],
    "augment": [-1.0, math.inf],
    "patience": [0],
    "seed": [-1, MOST_SEED + 1, 2**64],
    "momentum": [1.0, math.nan],
    "weight_ramp": [1.1],
    "l1": [-1.0, math.nan],
    "dropout": [1.0],
    "flip": [2.0],
    "shift": [-1.0],
    "rotate": [181.0],
    "crop": [-1],
    "cutout": [-1, 0.5],
    "min_delta": [-1.0, math.inf],
    "mode": ["both"],
    "exit_weights": [(1.0, -1.0), (1.0, math.nan), (math.inf,)],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in BAD for value in BAD[name]])
def test_numbers_out_of_range_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(BadOption, match=f"training option {name}"):
        TrainOptions(**{name: value})


def test_every_seed_and_epoch_in_range_is_one_that_pytorch_takes() -> None:
    order = shuffled(3, MOST_SEED, lambda: MOST_EPOCHS)
    assert sorted(order().tolist()) == [0, 1, 2]


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownName, match="Did you mean tensorboard"):
        TrainOptions(tracker="tensorbord")
    with pytest.raises(UnknownName, match="one of auto, cpu, gpu"):
        TrainOptions(device="tpu")


def test_a_recipe_takes_changes_and_is_json() -> None:
    options = recipe("digits", seed=5, exit_weights=[1, 2])
    assert (options.seed, options.exit_weights) == (5, (1.0, 2.0))
    assert TrainOptions(**json.loads(json.dumps(options.to_json()))) == options


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(BadOption, match="expected no mistakes; found 3") as found:
        TrainOptions(rate=-1.0, patience=0, exit_wieghts=(1.0,))
    assert [line.partition(";")[0] for line in found.value.details] == [
        "training option rate",
        "training option patience",
        "unknown training option 'exit_wieghts'",
    ]


def test_losses_are_to_be_low_and_shares_high() -> None:
    task = task_of(hw_models.get("b_lenet_se"))
    found = [monitored(TrainOptions(monitor=one), task) for one in (None, "val_loss_exit0", "val_exit0")]
    assert found == [("val_combined", "max"), ("val_loss_exit0", "min"), ("val_exit0", "max")]
