"""The search on made-up figures: who is trained on, what is started from, what is best, and what is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hw_models import QuantConfig
from tests.conftest import TINY
from tests.explore.search.made_up import FIGURES, Trainer, of_bits
from toolkit.core.errors import DoesNotFit, GoalUnreachable
from toolkit.explore.search import OBJECTIVES, Limit
from toolkit.explore.search.exits import ExitSpace
from toolkit.explore.search.result import OWN_HEAD
from toolkit.explore.search.space import Space, Variant
from toolkit.explore.search.study import Search, SearchPlan, Start

AIMS = (OBJECTIVES["accuracy"], OBJECTIVES["energy"])
SPACE = Space(TINY, QuantConfig(), 2, 8, mixed=False)
SHIPPED = [
    Start("shipped", Path("shipped.pt"), TINY, QuantConfig()),
    Start("wide", Path("wide.pt"), TINY, QuantConfig(weight_bits=8, act_bits=8)),
]


def plan(**changes: Any) -> SearchPlan:
    usual: dict[str, Any] = {"limits": (), "points": 12, "at_once": 4, "epochs": 8, "seed": 0}
    return SearchPlan(objectives=AIMS, **usual | changes)


def search(
    trainer: Trainer, wanted: SearchPlan, starts: list[Start] = SHIPPED, space: Space = SPACE
) -> tuple[list[str], object]:
    said: list[str] = []
    return said, Search(wanted, space, starts, trainer, said.append).run()


def test_half_are_trained_on_and_the_others_given_up(tmp_path: Path) -> None:
    trainer = Trainer(tmp_path)
    said, (rows, folders) = search(trainer, plan())
    first, second, third = trainer.asked[:3]
    assert [len(first), len(second), len(third)] == [4, 2, 1]
    assert [one.epochs for one in (first[0], second[0], third[0])] == [2, 2, 4]
    assert third[0].start.file.parent.name in ("2-0", "2-1")
    assert sorted({row.epochs for row in rows}) == [2, 4, 8]
    assert all(row.number in folders for row in rows)
    assert [row.number for row in rows] == sorted(row.number for row in rows)
    assert said[0].startswith("points 0 to 3 of 12: best accuracy 9")


def test_the_usual_bits_are_the_first_point_and_trainings_start_from_the_nearest(tmp_path: Path) -> None:
    trainer = Trainer(tmp_path)
    _, (rows, _) = search(trainer, plan(points=40))
    assert rows[0].key == "w4a4"
    assert rows[0].start == "shipped"
    starts = {row.start for row in rows}
    assert {"shipped", "wide"} <= starts
    assert any(start.startswith("point ") for start in starts)
    for row in rows:
        quant = QuantConfig.from_json(row.quant)
        if row.start == "wide":
            wide, shipped = (Variant(TINY, one.quant) for one in reversed(SHIPPED))
            mine = Variant(TINY, quant)
            assert SPACE.distance(mine, wide) < SPACE.distance(mine, shipped)


def test_the_same_search_gives_the_same_points(tmp_path: Path) -> None:
    one, other, more = (
        search(Trainer(tmp_path / name), plan(seed=seed))[1][0]
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert one == other
    assert one != more


def test_equal_points_are_trained_once(tmp_path: Path) -> None:
    trainer = Trainer(tmp_path)
    small = Space(TINY, QuantConfig(), 4, 5, mixed=False)
    _, (rows, _) = search(trainer, plan(points=20), space=small)
    keys = [row.key for row in rows]
    assert len(keys) == len(set(keys)) <= 4
    firsts = [one.variant.quant.key() for asked in trainer.asked for one in asked if one.epochs == 2]
    assert len(rows) <= len(firsts)


def test_points_of_the_same_training_begin_alike(tmp_path: Path) -> None:
    """So that they are trained once, whatever has come nearer since."""
    sizes = Space(TINY, QuantConfig(), 4, 4, mixed=False, exit_rate=0.9, luts=1000)
    _, (rows, _) = search(Trainer(tmp_path), plan(points=20), space=sizes)
    assert len({(row.exit_rate, row.luts) for row in rows}) == len(rows) > 10
    assert {row.start for row in rows} == {"shipped"}


def test_the_front_holds_what_nothing_beats_in_everything(tmp_path: Path) -> None:
    _, (rows, _) = search(Trainer(tmp_path), plan(points=30, epochs=0))
    front = [row.figures for row in rows if row.front]
    assert 1 < len(front) < len(rows)
    for mine in front:
        assert not any(
            row.figures.accuracy > mine.accuracy and row.figures.energy_uj <= mine.energy_uj for row in rows
        )


def test_limits_bound_the_front(tmp_path: Path) -> None:
    _, (rows, _) = search(Trainer(tmp_path), plan(points=30, epochs=0, limits=(Limit.of("energy=9"),)))
    assert {row.breaks for row in rows} == {(), ("energy at most 9 uJ",)}
    assert all(row.figures.energy_uj <= 9 for row in rows if row.front)


def test_a_limit_that_nothing_keeps_is_told_with_the_nearest(tmp_path: Path) -> None:
    limits = (Limit.of("accuracy=0.5"), Limit.of("energy=3"))
    message = r"^a search of \d+ points; expected energy at most 3 uJ; found [4-9] uJ at best, of point \d+\."
    with pytest.raises(GoalUnreachable, match=message):
        search(Trainer(tmp_path), plan(points=30, limits=limits))


def test_limits_that_exclude_each_other_are_told_together(tmp_path: Path) -> None:
    limits = (Limit.of("accuracy=0.91"), Limit.of("energy=20"))
    message = r"expected accuracy at least 91.00% and energy at most 20 uJ; found point \d+ breaks: "
    with pytest.raises(GoalUnreachable, match=message):
        search(Trainer(tmp_path), plan(points=40, epochs=0, limits=limits))


def test_points_that_cannot_be_built_are_left_out(tmp_path: Path) -> None:
    def narrow(quant: QuantConfig, epochs: int) -> object:
        return of_bits(quant, epochs) if quant.weight_bits < 5 else None

    _, (rows, folders) = search(Trainer(tmp_path, narrow), plan())
    refused = [row for row in rows if row.refused]
    assert refused
    assert all(row.figures is None and row.number not in folders for row in refused)
    assert not any(row.front for row in refused)


def test_a_search_without_a_point_that_can_be_built_says_why(tmp_path: Path) -> None:
    with pytest.raises(DoesNotFit, match="expected one that can be built; found too large"):
        search(Trainer(tmp_path, lambda *_: None), plan())


@pytest.mark.parametrize(
    ("epochs", "rungs"), [(0, (0,)), (1, (1,)), (2, (1, 1)), (3, (1, 2)), (8, (2, 2, 4)), (20, (5, 5, 10))]
)
def test_rungs_add_up(epochs: int, rungs: tuple[int, ...]) -> None:
    assert plan(epochs=epochs).rungs == rungs


def test_float_weights_are_for_want_of_others(tmp_path: Path) -> None:
    floating = [Start("float", Path("float.pt"), TINY, None)]
    _, (rows, _) = search(Trainer(tmp_path), plan(), starts=floating)
    assert {row.start for row in rows[:4]} == {"float"}
    assert "float" not in {row.start for row in rows[4:]}
    assert FIGURES.accuracy == 0.9


def test_new_exits_start_from_a_backbone_and_later_from_their_own_weights(tmp_path: Path) -> None:
    trainer = Trainer(tmp_path)
    exits = ExitSpace.of(TINY, ["pool", "conv"], 0, 2)
    space = Space(TINY, QuantConfig(), 2, 8, mixed=False, exits=exits)
    _, (rows, _) = search(trainer, plan(points=40), space=space)
    assert rows[0].start == "shipped"
    assert [one.head for one in rows[0].exits] == [OWN_HEAD]
    assert {len(row.exits) for row in rows} == {0, 1, 2}
    networks: dict[object, list[str]] = {}
    for row in rows:
        networks.setdefault(row.exits, []).append(row.start)
    of_none, of_own = networks.pop(()), networks.pop(rows[0].exits)
    assert of_none[0].startswith("the backbone of ")
    assert not of_none[0].endswith(" heads")
    assert not any("backbone" in start for start in of_own)
    for first, *_ in networks.values():
        assert first.startswith("the backbone of ")
        assert first.endswith(", with new heads")
    assert any(start.startswith("point ") for starts in networks.values() for start in starts[1:])
    for asked in trainer.asked:
        for one in asked:
            if one.start.network != one.variant.network:
                assert one.epochs == 2, "what is trained on has the same exits"
