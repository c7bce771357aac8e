"""Results of a search come back as they were saved."""

from __future__ import annotations

from pathlib import Path

from hw_models import QuantConfig
from tests.explore.search.made_up import FIGURES
from toolkit.explore.search import BitSweep, BuildPoint, Evaluation, Exploration, PlacedExit, Tried

QUANT = QuantConfig(overrides={"head0.linear0": (2, 3)})


def exploration(**changes: object) -> Exploration:
    """Point 0 is the best, 2 was given up, 3 does not fit."""
    common = {"quant": QUANT.to_json(), "key": QUANT.key(), "start": "the float network", "refused": ""}
    points = (
        Tried(number=0, epochs=4, figures=FIGURES, front=True, **common),
        Tried(number=2, epochs=1, figures=FIGURES, breaks=("energy at most 3 uJ",), **common),
        Tried(number=3, epochs=1, figures=None, **common | {"refused": "too large"}),
    )
    return Exploration(
        model="tiny",
        dataset="digits",
        target="ulx3s-85f",
        objectives=("accuracy", "energy"),
        limits=("energy at most 3 uJ",),
        epochs=4,
        asked=4,
        clock="the board's",
        points=points,
    ).model_copy(update=changes)


def test_results_come_back(tmp_path: Path) -> None:
    found = exploration()
    found.save(tmp_path)
    assert Exploration.load(tmp_path) == found
    assert [point.number for point in found.front] == [0]
    (made := Evaluation(figures=FIGURES)).save(tmp_path)
    assert Evaluation.load(tmp_path) == made
    (point := BuildPoint(options={"model": "b_lenet_se", "weight_bits": 3})).save(tmp_path)
    assert BuildPoint.load(tmp_path) == point


def test_exits_are_there_if_they_were_searched(tmp_path: Path) -> None:
    found = exploration()
    assert "exits" not in found.save(tmp_path).read_text()
    early = (PlacedExit(after="trunk0.relu0", head="conv"),)
    pairs = zip(found.points, (early, (), None), strict=True)
    found = exploration(points=tuple(one.model_copy(update={"exits": exits}) for one, exits in pairs))
    found.save(tmp_path)
    assert Exploration.load(tmp_path) == found
    assert [one.exits_in_words for one in found.points] == ["conv after trunk0.relu0", "none", "none"]


def sweep() -> BitSweep:
    """2 bits do not fit, 3 do."""
    narrow, wide = exploration().points[2], exploration().points[0]
    rows = (narrow.model_copy(update={"number": 2}), wide.model_copy(update={"number": 3}))
    return BitSweep(model="tiny", dataset="digits", target="ulx3s-85f", epochs=4, points=rows)


def test_a_sweep_comes_back(tmp_path: Path) -> None:
    sweep().save(tmp_path)
    assert BitSweep.load(tmp_path) == sweep()
