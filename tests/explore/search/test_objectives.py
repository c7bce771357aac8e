"""Figures as objectives, limits as texts, and ranks."""

from __future__ import annotations

import pytest

from tests.explore.search.made_up import FIGURES
from toolkit.core.errors import BadOption, OfframpError, UnknownName
from toolkit.explore.search import OBJECTIVES, Limit
from toolkit.explore.search.objectives import ranks


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_is_a_figure_whose_loss_falls_when_it_gets_better(name: str) -> None:
    one = OBJECTIVES[name]
    better = FIGURES.model_copy(update={one.field: one.value(FIGURES) * (2 if one.largest else 0.5)})
    assert one.loss(better) < one.loss(FIGURES)


@pytest.mark.parametrize(
    ("text", "words", "excess"),
    [
        ("accuracy=0.95", "accuracy at least 95.00%", 0.05),
        ("accuracy=0.5", "accuracy at least 50.00%", -0.4),
        ("energy=3", "energy at most 3 uJ", 1.0),
        ("lut=1000", "lut at most 1,000", 0.0),
    ],
)
def test_a_limit_is_a_bound_on_a_figure(text: str, words: str, excess: float) -> None:
    assert Limit.of(text).words == words
    assert Limit.of(text).excess(FIGURES) == pytest.approx(excess)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("energy", BadOption, "--limit; expected NAME=NUMBER, such as accuracy=0.97; found energy"),
        ("energy=much", BadOption, "found energy=much"),
        ("energy=nan", BadOption, "found energy=nan"),
        ("enrgy=3", UnknownName, "unknown objective 'enrgy'.*Did you mean energy"),
    ],
)
def test_what_is_no_limit_is_refused(text: str, error: type[OfframpError], said: str) -> None:
    with pytest.raises(error, match=said):
        Limit.of(text)


def test_ranks() -> None:
    assert ranks([(0, 3), (1, 1), (3, 0), (2, 2), (3, 3), (1, 1)]).tolist() == [0, 0, 0, 1, 2, 0]
    assert ranks([]).tolist() == []
