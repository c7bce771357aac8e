"""``offramp explore`` and ``sweep``: tables and JSON; ``offramp build --from``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.explore.search.test_results import exploration, sweep
from toolkit.cli import run
from toolkit.explore.search import Exploration, PlacedExit
from toolkit.flow import exploration as searching
from toolkit.flow import sweep as sweeping


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the search was called with, instead of searching."""
    found: dict[str, Any] = {}

    def explore_designs(model: str, **given: Any) -> Exploration:
        found.update(given, model=model)
        return exploration()

    monkeypatch.setattr(searching, "explore_designs", explore_designs)
    return found


WORDS = ["explore", "b_lenet_se", "--objective", "accuracy", "--objective", "energy", "--limit", "energy=3"]


def test_a_table_of_the_best(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*WORDS, "--points", "4", "--workers", "2", "--bits", "3", "--out", "here"]) == 0
    assert asked.pop("progress")
    assert asked == {
        "model": "b_lenet_se",
        "objective": ["accuracy", "energy"],
        "limit": ["energy=3"],
        "points": 4,
        "workers": 2,
        "bits": 3,
        "out": Path("here"),
    }
    out = capsys.readouterr().out
    assert "tiny on digits for ulx3s-85f, 4 epochs" in out
    assert "90.00%" in out
    assert "best of 3 points (1 given up early, 1 that cannot be); within energy at most 3 uJ." in out
    assert "offramp build --from OUT/0" in out


def test_early_exits_are_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: dict[str, Any] = {}
    best, *others = exploration().points
    both = (PlacedExit(after="trunk0.pool0", head="pool"), PlacedExit(after="trunk0.relu1", head="conv"))
    points = (best.model_copy(update={"exits": both}), *others)

    def explore_designs(model: str, **given: Any) -> Exploration:
        asked.update(given)
        return exploration(points=points)

    monkeypatch.setattr(searching, "explore_designs", explore_designs)
    heads = ["--head", "pool", "--head", "conv"]
    assert run([*WORDS, "--exits", "--least-exits", "0", "--most-exits", "3", *heads]) == 0
    assert {name: asked[name] for name in ("exits", "least_exits", "most_exits", "head")} == {
        "exits": True,
        "least_exits": 0,
        "most_exits": 3,
        "head": ["pool", "conv"],
    }
    out = capsys.readouterr().out
    assert "early exits of 0: pool after trunk0.pool0, conv after trunk0.relu1\n" in out


def test_json_is_the_whole_search(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*WORDS, "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out) == exploration().model_dump(mode="json")


def test_a_sweep_is_a_line_per_width(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sweeping, "sweep_bits", lambda model, **given: sweep())
    assert run(["sweep", "b_lenet_se", "--most-bits", "3"]) == 0
    out = capsys.readouterr().out
    assert "tiny on digits for ulx3s-85f, 4 epochs each" in out
    assert "90.00%" in out
    assert "2 bits: too large" in out
    assert run(["sweep", "b_lenet_se", "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out) == sweep().model_dump(mode="json")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["explore", "b_lenet_se", "--objective", "enrgy"], "unknown objective 'enrgy'"),
        (["explore", "b_lenet_se", "--points", "0"], "--points; expected 1 to 1,000,000; found 0"),
        (["explore", "b_lenet_se", "--least-bits", "1"], "--least-bits; expected 2 to 8; found 1"),
        (["explore", "b_lenet_se", "--exits", "--most-exits", "9"], "--most-exits; expected 1 to 8; found 9"),
        (["sweep", "b_lenet_se", "--least-bits", "9"], "--least-bits; expected 2 to 8; found 9"),
        (["build", "--from", "nowhere/7"], "--from nowhere/7; expected a folder of a point"),
        (
            ["train", "b_lenet_se", "--layer-bits", "x=4"],
            "bits of layers; expected LAYER=WEIGHTS/ACTIVATIONS",
        ),
    ],
)
def test_what_is_wrong_is_one_line_and_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("offramp: ")
    assert said in err
    assert err.count("\n") == 1
