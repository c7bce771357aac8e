from __future__ import annotations

import math

import numpy as np
import pytest

from toolkit.core.errors import BadOption, DataError, UnknownName
from toolkit.exits import CRITERIA, criterion_named
from toolkit.tasks import accuracy

LOGITS = np.log([[8.0, 1, 1], [1, 1, 1], [2, 6, 2]])


def test_scores_by_hand() -> None:
    assert CRITERIA["top1"].score(LOGITS) == pytest.approx([0.8, 1 / 3, 0.6])
    assert CRITERIA["entropy"].score(LOGITS) == pytest.approx(
        [-0.8 * math.log(0.8) - 0.2 * math.log(0.1), math.log(3), -0.6 * math.log(0.6) - 0.4 * math.log(0.2)]
    )
    assert CRITERIA["margin"].score(LOGITS) == pytest.approx([math.log(8), 0, math.log(3)])


@pytest.mark.parametrize(
    ("name", "threshold", "who"),
    [
        ("top1", 0.7, [True, False, False]),
        ("top1", 0, [True, True, True]),
        ("entropy", 0.7, [True, False, False]),
        ("entropy", 0, [False, False, False]),
        ("margin", 1.0, [True, False, True]),
        ("margin", 0, [True, True, True]),
    ],
)
def test_who_leaves(name: str, threshold: float, who: list[bool]) -> None:
    assert CRITERIA[name].leaves(LOGITS, threshold).tolist() == who


def test_a_score_at_the_threshold_leaves() -> None:
    for name, criterion in CRITERIA.items():
        for score in criterion.score(LOGITS).tolist():
            assert criterion.leaves(LOGITS, score)[criterion.score(LOGITS) == score].all(), name


def test_top1_is_that_of_the_training() -> None:
    logits = np.random.default_rng(0).normal(0, 5, (200, 10))
    assert CRITERIA["top1"].score(logits) == pytest.approx(accuracy.top1(logits), rel=1e-14)


def test_large_logits_do_not_overflow() -> None:
    large = [[2000.0, 0.0], [-2000.0, -2000.0]]
    assert CRITERIA["top1"].score(large).tolist() == [1.0, 0.5]
    assert CRITERIA["entropy"].score(large) == pytest.approx([0, math.log(2)])


@pytest.mark.parametrize("name", CRITERIA)
@pytest.mark.parametrize("margin", [0.0, 0.5, 9.0])
def test_at_margin_is_the_score_of_such_a_frame(name: str, margin: float) -> None:
    frame = np.zeros((1, 7))
    frame[0, 3] = margin
    assert CRITERIA[name].at_margin(margin, 7) == pytest.approx(CRITERIA[name].score(frame)[0], abs=1e-12)


@pytest.mark.parametrize(
    ("name", "threshold"),
    [
        ("top1", 1.01),
        ("top1", -0.01),
        ("top1", math.nan),
        ("entropy", 2.31),
        ("entropy", -1e-9),
        ("entropy", math.nan),
        ("margin", -1),
        ("margin", math.inf),
        ("margin", math.nan),
    ],
)
def test_thresholds_out_of_range(name: str, threshold: float) -> None:
    with pytest.raises(BadOption, match=f"threshold of {name}; expected a number from 0"):
        CRITERIA[name].check(threshold, 10)


def test_the_ends_of_the_range_are_in_it() -> None:
    for name, ends in {"top1": (0, 1), "entropy": (0, math.log(10)), "margin": (0, 1e9)}.items():
        for threshold in ends:
            CRITERIA[name].check(threshold, 10)


@pytest.mark.parametrize("logits", [[[1.0, math.nan]], [[1.0, math.inf]], [1.0, 2.0], [[1.0], [2.0]]])
def test_bad_logits(logits: list[object]) -> None:
    for criterion in CRITERIA.values():
        with pytest.raises(DataError, match="logits; expected"):
            criterion.score(logits)  # type: ignore[arg-type]


def test_an_unknown_criterion() -> None:
    with pytest.raises(UnknownName, match=r"unknown criterion 'entropie'.*Did you mean entropy"):
        criterion_named("entropie")
