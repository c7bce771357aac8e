from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from sklearn import metrics

import hw_models
from toolkit.core.errors import BadOption
from toolkit.data import Split
from toolkit.flow.session import Classification
from toolkit.runtime import Answer
from toolkit.tasks import Frames, Readout, task_of
from toolkit.tasks.regression import UNITS

NET = hw_models.get("mlp_diabetes")
TASK = task_of(NET)
DRAW = np.random.default_rng(0)
LABELS = DRAW.integers(25, 347, 60)
VALUES = LABELS + DRAW.integers(-40, 41, 60)


def frames(values: np.ndarray, labels: np.ndarray) -> Frames:
    images = np.zeros((len(labels), 1, 1, 1), np.uint8)
    return Frames(Split(images, labels.astype(np.int64)), [values[:, None] / UNITS])


def readout() -> Readout:
    return TASK.readout(frames(VALUES, LABELS), 0.25, "c" * 64, 0.05)


def test_figures_are_those_of_scikit_learn() -> None:
    known = TASK.card({"test": frames(VALUES, LABELS)}, 0.95)["metrics"]["test"]
    expected = {
        "images": 60,
        "r2": metrics.r2_score(LABELS, VALUES),
        "rmse": metrics.root_mean_squared_error(LABELS, VALUES),
        "mae": metrics.mean_absolute_error(LABELS, VALUES),
        "mape": metrics.mean_absolute_percentage_error(LABELS, VALUES),
        "largest_error": metrics.max_error(LABELS, VALUES),
        "mse": metrics.mean_squared_error(LABELS, VALUES),
    }
    assert known == pytest.approx(expected)
    result = TASK.result(frames(VALUES, LABELS), readout())
    assert result.values == pytest.approx({name: expected[name] for name in result.values})
    assert TASK.headline(known).startswith(f"R² {expected['r2']:.3f}")


def test_equal_labels_have_nothing_to_explain() -> None:
    assert TASK.card({"a": frames(VALUES[:2], LABELS[:1].repeat(2))}, 0.95)["metrics"]["a"]["r2"] == 0


def test_the_loss_is_the_mean_square_error_in_squares_of_256_units() -> None:
    outputs = torch.tensor([[1.0], [0.5]])
    loss = TASK.loss(outputs, torch.zeros(2, 1, 1, 10), torch.tensor([256, 0]))
    assert float(loss) == 0.125


def test_a_value_is_an_integer_times_its_scale() -> None:
    told = TASK.tell(np.zeros((1, 1, 1), np.uint8), np.array([3]), known := readout())
    assert (told.label, told.figures) == (None, {"value": 3 * 0.25 * 256, "rmse": known.error})
    assert told.words.startswith("192.0 (root mean square error ")


def test_answers_without_classes_say_so() -> None:
    told = TASK.tell(np.zeros((1, 1, 1), np.uint8), np.array([3]), readout())
    found = Classification(("0",), (Answer(0, None, 0, (3,)),), (), (told,))
    assert found.figures("value").tolist() == [192.0]
    with pytest.raises(BadOption, match=r"a network that names classes.*figures\(NAME\) of value, rmse"):
        _ = found.classes


def test_its_networks_have_one_output_and_one_exit() -> None:
    with pytest.raises(BadOption, match="for regression; expected one output; found 2"):
        dataclasses.replace(NET, outputs=2, heads=((hw_models.Linear(2),),))
