from __future__ import annotations

import json

import pytest

from toolkit.core.errors import BadOption, UnknownName
from toolkit.train import TrainOptions, recipe

BAD = {
    "epochs": 0,
    "float_epochs": -1,
    "batch": 0,
    "rate": 0.0,
    "float_rate": -1.0,
    "average": 1.0,
    "freeze": 1.5,
    "exit_rate": -0.1,
    "augment": -1.0,
    "patience": 0,
    "seed": -1,
    "exit_weights": (1.0, -1.0),
}


@pytest.mark.parametrize("name", BAD)
def test_numbers_out_of_range_are_refused_by_name(name: str) -> None:
    with pytest.raises(BadOption, match=f"training option {name}"):
        TrainOptions(**{name: BAD[name]})


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownName, match="Did you mean tensorboard"):
        TrainOptions(tracker="tensorbord")
    with pytest.raises(UnknownName, match="one of auto, cpu, gpu"):
        TrainOptions(device="tpu")


def test_a_recipe_takes_changes_and_is_json() -> None:
    options = recipe("digits", seed=5, exit_weights=[1, 2])
    assert (options.seed, options.exit_weights) == (5, (1.0, 2.0))
    assert TrainOptions(**json.loads(json.dumps(options.to_json()))) == options
