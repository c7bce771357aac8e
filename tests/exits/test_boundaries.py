"""What docs/exits.md says with "at least", "at most" and "every frame", at the very values where it turns."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.exits import circuit
from toolkit.exits import Budget, ExitRate, Guarantee, MaxLoss, calibrate, integer_rule
from toolkit.exits.rules import MAX_FRACTION_BITS, MIN_FRACTION_BITS
from toolkit.verify.structure.decision import constants

CLASSES = [2, 3, 5, 6, 7, 10, 49, 100]
BITS = [MIN_FRACTION_BITS, 14, MAX_FRACTION_BITS]


def frames(classes: int) -> np.ndarray:
    """All logits equal, each way to be almost equal, and one class far ahead."""
    level = np.zeros((1, classes), np.int64)
    return np.concatenate(
        [level, level - 7, np.eye(classes, dtype=np.int64), -np.eye(classes, dtype=np.int64) * 9]
    )


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("scale", [2.0**-4, 0.3])
def test_at_the_boldest_end_every_frame_leaves(classes: int, bits: int, scale: float) -> None:
    ends = {
        "top1": [1 / classes, math.nextafter(1 / classes, 0), 0.0],
        "entropy": [math.log(classes)],
        "margin": [0.0],
    }
    for name, thresholds in ends.items():
        for threshold in thresholds:
            rule = integer_rule(name, threshold, scale, classes, fraction_bits=bits)
            assert rule.leaves(frames(classes)).all(), f"{name} at {threshold!r}"
            assert all(circuit.leaves(name, rule.constants(), frame.tolist()) for frame in frames(classes))
            assert constants(rule) == rule.constants()


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("bits", BITS)
def test_just_above_one_in_c_a_level_frame_stays(classes: int, bits: int) -> None:
    above = math.nextafter(1 / classes, 1)
    rule = integer_rule("top1", above, 0.25, classes, fraction_bits=bits)
    assert not rule.leaves(np.zeros((1, classes), np.int64)).any()


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("bits", BITS)
def test_at_the_safest_end_no_frame_leaves(classes: int, bits: int) -> None:
    far = np.zeros((2, classes), np.int64)
    far[0, 0], far[1] = 2**24 - 1, -(2**24)
    far[1, -1] = 2**24 - 1
    for name, threshold in {"top1": 1.0, "entropy": 0.0, "margin": 2.0**25 * 0.25}.items():
        assert not integer_rule(name, threshold, 0.25, classes, fraction_bits=bits).leaves(far).any()
    margin = integer_rule("margin", (2.0**25 - 1) * 0.25, 0.25, classes, fraction_bits=bits)
    assert margin.leaves(far).tolist() == [False, True]


def steps(wrong: int, frames: int = 100) -> tuple[list[np.ndarray], np.ndarray]:
    """Two exits: frame i leads by i + 1 at the first, which errs in the least sure ``wrong`` frames."""
    labels = np.arange(frames) % 2
    lead = np.arange(1, frames + 1)[:, None]
    early = np.where(labels[:, None] == [0, 1], lead, 0)
    early[:wrong] = early[:wrong, ::-1]
    return [early, np.where(labels[:, None] == [0, 1], 500, 0)], labels


@pytest.mark.parametrize("percent", [0, 1, 7, 29, 57, 58, 99, 100])
def test_a_share_that_is_reached_exactly_is_reached(percent: int) -> None:
    """0.29 * 100 is above 29 in binary64 and 0.57 * 100 below 57."""
    logits, labels = steps(0)
    found = calibrate(logits, [2.0**-4], labels, "margin", ExitRate(percent / 100))
    assert found.curve.left[found.chosen, 0] == percent


@pytest.mark.parametrize("wrong", [0, 1, 7, 29, 57])
def test_a_loss_that_is_met_exactly_is_met(wrong: int) -> None:
    logits, labels = steps(wrong)
    found = calibrate(logits, [2.0**-4], labels, "margin", MaxLoss(wrong))
    assert found.curve.left[found.chosen, 0] == 100
    if wrong:
        less = calibrate(logits, [2.0**-4], labels, "margin", MaxLoss(math.nextafter(wrong, 0) - 1e-6))
        assert less.curve.left[less.chosen, 0] < 100


@pytest.mark.parametrize("leaving", [0, 1, 33, 99, 100])
def test_a_mean_cost_of_exactly_the_limit_is_within_it(leaving: int) -> None:
    logits, labels = steps(0)
    limit = (leaving * 111 + (100 - leaving) * 377) / 100
    found = calibrate(logits, [2.0**-4], labels, "margin", Budget((111, 377), limit, "cycles"))
    assert found.curve.left[found.chosen, 0] == leaving


@pytest.mark.parametrize(("epsilon", "delta"), [(0.01, 0.05), (0.1, 0.1), (0.5, 0.1)])
def test_one_frame_less_than_a_guarantee_needs_proves_nothing(epsilon: float, delta: float) -> None:
    needed = math.ceil(math.log(delta) / math.log(1 - epsilon))
    for frames, proves in ((needed, True), (needed - 1, False)):
        logits, labels = steps(0, frames)
        found = calibrate(
            logits, [2.0**-4], labels, "margin", MaxLoss(0), guarantee=Guarantee(epsilon, delta)
        )
        assert (found.proven > 1) == proves
