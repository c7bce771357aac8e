"""Sequences: right if every character is; as sure as the least sure group."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import hw_models
from toolkit.core.groups import joined
from toolkit.data import Split
from toolkit.tasks import Frames, task_of
from toolkit.tasks.accuracy import top1

NETWORK = hw_models.get("b_lenet_numbers")
TASK = task_of(NETWORK)


def sure(places: list[list[int]], margins: list[list[float]]) -> np.ndarray:
    """Logits of six groups of 11: the margin for the chosen class, 0 for the others."""
    logits = np.zeros((len(places), 6, 11), np.float32)
    for frame, (classes, margin) in enumerate(zip(places, margins, strict=True)):
        logits[frame, np.arange(6), classes] = margin
    return logits.reshape(len(places), 66)


PLACES = [[1, 2, 10, 10, 10, 10], [7, 10, 10, 10, 10, 10]]
LABELS = joined(np.array(PLACES), 11)


def test_the_loss_is_the_mean_of_the_groups() -> None:
    outputs = torch.tensor(np.random.default_rng(0).normal(size=(2, 66)), dtype=torch.float32)
    losses = [
        torch.nn.functional.cross_entropy(outputs[:, 11 * g : 11 * g + 11], torch.tensor(PLACES)[:, g])
        for g in range(6)
    ]
    found = TASK.loss(outputs, torch.empty(0), torch.tensor(LABELS))
    assert float(found) == pytest.approx(float(torch.stack(losses).mean()), rel=1e-6)


def test_a_frame_is_right_if_all_of_its_characters_are() -> None:
    wrong = [PLACES[0], [7, 10, 10, 10, 10, 0]]
    outputs = torch.tensor(sure(wrong, [[1.0] * 6] * 2))
    found = TASK.right(outputs, torch.tensor(LABELS))
    assert found is not None
    assert found.tolist() == [True, False]


def test_a_teacher_that_agrees_costs_nothing() -> None:
    one, other = (torch.tensor(sure(PLACES, [[margin] * 6] * 2)) for margin in (3.0, 1.0))
    assert float(TASK.divergence(one, one)) == pytest.approx(0, abs=1e-6)
    assert float(TASK.divergence(one, other)) > 0.1


def test_a_frame_is_as_sure_as_its_least_sure_group() -> None:
    logits = sure(PLACES, [[9.0, 9, 9, 9, 9, 9], [9.0, 9, 2, 9, 9, 9]])
    assert top1(logits, 6)[1] == pytest.approx(np.exp(2) / (np.exp(2) + 10))
    assert top1(logits, 6)[0] > 0.99


def test_the_card_counts_sequences_and_characters() -> None:
    early = sure([PLACES[0], [3, 10, 10, 10, 10, 10]], [[9.0] * 6, [9.0, 9, 1, 9, 9, 9]])
    late = sure([[0, 0, 10, 10, 10, 10], PLACES[1]], [[9.0] * 6] * 2)
    split = Split(np.zeros((2, 1, 1, 1), np.uint8), LABELS)
    frames = Frames(split, [early, late])
    card = TASK.card({"calibration": frames, "test": frames}, 0.5)
    found = card["metrics"]["test"]
    assert found["exit_accuracy"] == [0.5, 0.5]
    assert found["character_accuracy"] == pytest.approx([11 / 12, 10 / 12])
    assert (found["combined_accuracy"], found["exit_rate"]) == (1.0, [0.5, 0.5])
    assert found["combined_character_accuracy"] == 1.0
    assert TASK.headline(found) == ("100.00% combined, 50.0% leave at exit 0, 100.00% of the characters")
    assert TASK.validation(frames, 0.5) == {"val_combined": 1.0}
