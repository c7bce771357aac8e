"""``offramp exits``: its table, its JSON, and what it refuses in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.cli import run

ONE = """
from torch import nn

def one():
    return nn.Sequential(nn.Conv2d(1, 2, 28), nn.Flatten(), nn.Linear(2, 10))
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", str(tmp_path / "cache"))
    Path("one.py").write_text(ONE)


def test_a_table_with_a_call_to_paste_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["exits", "b_lenet_se", "--steps", "5", "--after", "trunk0.relu0", "--after", "trunk0.relu1"]
    assert run([*words, "--out", "here"]) == 0
    out, err = capsys.readouterr()
    assert "the shipped checkpoint, unquantised" in out
    assert "best 2: after trunk0.relu0 and trunk0.relu1" in out
    assert 'with_exits(hw_models.get("b_lenet_se_backbone")' in out
    assert "* estimated" in out
    assert "exits: done" in err
    assert run([*words, "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {one["layer"] for one in found["places"]} == {"trunk0.relu0", "trunk0.relu1"}
    saved = json.loads(Path("here/places.json").read_text())
    assert saved.pop("schema") == 1
    assert saved == found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["b_lenet_se", "--after", "trunk0.cnv0"],
            "unknown layer 'trunk0.cnv0'; expected one of trunk0.conv0",
        ),
        (["b_lenet_se", "--head", "cov"], "unknown head 'cov'; expected one of conv, linear, pool"),
        (["b_lenet_se", "--max-loss", "-1"], "--max-loss; expected 0 to 100"),
        (["b_lenet_se", "--steps", "0"], "--steps; expected 1 to 1,000,000; found 0"),
        (["b_lenet_es"], "unknown model 'b_lenet_es'"),
        (["b_lenet_se", "--frames", "3"], "No such option: --frames"),
        (
            ["b_lenet_se", "--weights", "one.py"],
            "weights one.py cannot be read; expected a state dict",
        ),
        (["one.py:one"], "places for an exit in one; expected a backbone of at least two layers"),
        (["one.py:two"], "unknown class or function of one.py 'two'; expected one of one"),
        (["nowhere/run"], "run directory nowhere/run; expected a folder with run.json; found none"),
    ],
)
def test_what_is_wrong_is_one_line_and_code_2(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert run(["exits", *words, "--quiet"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    *before, last = err.splitlines()  # a line before it says that the study, begun already, failed
    assert last.startswith("offramp: ")
    assert said in last
    assert all(line.startswith("exits: failed") for line in before)
