from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

import hw_models
from hw_models.network import PIXEL_SCALE
from toolkit.core.errors import DataError
from toolkit.data import Split
from toolkit.tasks import Frames, Readout, task_of
from toolkit.tasks.anomalies import GREY_LEVELS, auroc, errors, figures

TASK = task_of(hw_models.get("autoencoder"))


def split(labels: list[int]) -> Split:
    images = np.arange(len(labels) * 6, dtype=np.uint8).reshape(-1, 1, 2, 3)
    return Split(images, np.array(labels, np.int64))


def test_the_error_is_the_mean_square_in_grey_levels() -> None:
    frames = split([0, 1])
    assert GREY_LEVELS * PIXEL_SCALE == 1
    outputs = frames.images.reshape(2, 6) * PIXEL_SCALE
    assert errors(outputs, frames.images).tolist() == [0, 0]
    outputs[1, 2] += 3 * PIXEL_SCALE
    outputs[1, 5] -= 1 * PIXEL_SCALE
    assert errors(outputs, frames.images).tolist() == [0, 10 / 6]


def test_the_loss_is_that_error_in_squares_of_256_grey_levels() -> None:
    frames = split([0, 0, 0])
    outputs = np.random.default_rng(0).normal(0, 1, (3, 6)).astype(np.float32)
    real = torch.from_numpy(frames.images.astype(np.float32) * PIXEL_SCALE)
    loss = TASK.loss(torch.from_numpy(outputs), real, torch.from_numpy(frames.labels.copy()))
    assert float(loss) == pytest.approx(errors(outputs, frames.images).mean() / GREY_LEVELS**2)


def test_only_normal_frames_are_fitted() -> None:
    frames = split([0, 1, 0, 2])
    assert np.array_equal(TASK.fitted(frames).images, frames.images[[0, 2]])
    assert TASK.fitted(split([0, 0])).labels.tolist() == [0, 0]


@pytest.mark.parametrize("largest", [0.5, 1.0, 1e5])
def test_the_area_under_the_curve_is_that_of_scikit_learn(largest: float) -> None:
    """However large the errors: torchmetrics takes those above 1 for logits and makes them probabilities."""
    draw = np.random.default_rng(1)
    anomalous = draw.integers(0, 2, 300) == 1
    measure = np.round((draw.random(300) + 0.4 * anomalous) * largest / 1.4, 6 if largest < 2 else -3)
    assert len(np.unique(measure)) > 50
    assert auroc(measure, anomalous) == pytest.approx(roc_auc_score(anomalous, measure), abs=1e-6)


def test_figures_of_normal_frames_alone_have_no_curve() -> None:
    assert figures(np.array([1.0, 3.0]), np.array([False, False])) == {"mse_normal": 2.0}
    both = figures(np.array([1.0, 3.0, 3.0]), np.array([False, False, True]))
    assert both == {"mse_normal": 2.0, "mse_anomalous": 3.0, "auroc": 0.75}


def test_a_card_has_no_thresholds_of_exits() -> None:
    frames = split([0, 1])
    outputs = np.zeros((2, 6), np.float32)
    card = TASK.card({"test": Frames(frames, [outputs])}, 0.95)
    assert card == {
        "metrics": {
            "test": {
                "images": 2,
                "mse_normal": np.mean(np.square(np.arange(6.0))),
                "mse_anomalous": np.mean(np.square(np.arange(6.0, 12))),
                "auroc": 1.0,
            }
        }
    }


MEASURES = np.arange(100, 0, -1) ** 2


def readout(false_alarms: float) -> Readout:
    """One element per frame, off by 1 to 100 grey levels."""
    images = np.zeros((100, 1, 1, 1), np.uint8)
    outputs = np.arange(100, 0, -1)[:, None] * PIXEL_SCALE
    frames = Frames(Split(images, np.zeros(100, np.int64)), [outputs])
    return TASK.readout(frames, 0.5, "c" * 64, false_alarms)


@given(st.floats(0, 0.5))
def test_the_threshold_is_the_smallest_with_no_more_false_alarms(rate: float) -> None:
    found = readout(rate)
    assert found.above == (found.threshold < MEASURES).sum() <= rate * found.frames
    lower = MEASURES[found.threshold > MEASURES].max()
    assert (lower < MEASURES).sum() > rate * found.frames
    assert found.frames == 100


def test_a_split_without_normal_frames_is_refused() -> None:
    with pytest.raises(DataError, match="3 frames to fit a reconstruction to; expected some of the data's"):
        TASK.fitted(split([1, 1, 2]))


def test_a_verdict_is_read_from_integers() -> None:
    """A step of the outputs is 128 grey levels; the threshold itself is no anomaly."""
    image, known = np.full((1, 1, 2), 128, np.uint8), readout(0.0)
    assert known.threshold == 100**2
    normal = TASK.tell(image, np.array([1, 1]), known)
    assert normal == (0, "mean square error 0.0, not above 10000.0", {"mse": 0.0, "threshold": 10000.0})
    assert TASK.tell(image, np.array([3, 1]), known).words.startswith("mean square error 32768.0, above")
    exactly = known.model_copy(update={"threshold": 32768.0})
    assert [TASK.tell(image, np.array([n, 1]), exactly).label for n in (3, -2)] == [0, 1]
