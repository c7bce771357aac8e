"""Ranking places from Python: whose weights count, what is kept for the next time, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import toolkit as offramp
from toolkit.core.errors import BadOption, CheckpointMismatch, OfframpError, OutputPathError, UnknownName
from toolkit.explore.places import heads
from toolkit.explore.places.result import ExitPlaces
from toolkit.flow import run
from toolkit.flow.reporters import Silent
from toolkit.flow.step import Step


def small() -> nn.Module:
    first, second = nn.Conv2d(1, 4, 5, stride=3), nn.Conv2d(4, 4, 3)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", str(tmp_path / "cache"))


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on nothing may be trained."""

    def trained(*_: Any) -> Any:
        raise AssertionError("trained again")

    monkeypatch.setattr(heads, "trained_heads", trained)


def test_a_modules_own_weights_count_and_heads_are_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    net = small()
    found = offramp.rank_exits(net, steps=3, out="here")
    assert capsys.readouterr() == ("", "")
    assert found.backbone == "the module's own weights"
    assert [one.after for one in found.places] == [("1",)]
    assert found.sets == ()
    assert ExitPlaces.load(Path("here")) == found
    forbid(monkeypatch)
    assert offramp.rank_exits(net, steps=3) == found
    assert offramp.rank_exits(net, steps=3, max_loss=50).max_loss == 50
    with pytest.raises(AssertionError, match="trained again"):
        offramp.rank_exits(net, steps=4)
    with torch.no_grad():
        net[0].weight[0] += 1
    with pytest.raises(AssertionError, match="trained again"):
        offramp.rank_exits(net, steps=3)


def test_a_class_is_trained_in_float_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = offramp.rank_exits(small, steps=3, float_epochs=1, progress=True)
    assert found.backbone == "trained in float for this"
    assert "float epoch 1" in capsys.readouterr().err

    def again(*_: Any) -> Any:
        raise AssertionError("trained again")

    monkeypatch.setattr("toolkit.train.run.train_float", again)
    assert offramp.rank_exits(small, steps=3, float_epochs=1) == found
    assert offramp.rank_exits(small, steps=4, float_epochs=1).backbone == found.backbone


def test_shipped_and_given_weights(tmp_path: Path) -> None:
    only = ["trunk0.relu0"]
    shipped = offramp.rank_exits("b_lenet_se", steps=3, after=only)
    assert shipped.backbone == "the shipped checkpoint, unquantised"
    assert shipped.accuracy > 0.98
    torch.save(small().state_dict(), "weights.pt")
    given = offramp.rank_exits(small, weights="weights.pt", steps=3)
    assert given.backbone == "the weights given"
    with pytest.raises(CheckpointMismatch, match="expected names that begin with backbone"):
        offramp.rank_exits("b_lenet_se", weights="weights.pt")
    with pytest.raises(CheckpointMismatch, match="the checkpoint was trained on other data"):
        offramp.rank_exits("b_lenet_se", seed=3)


def test_a_run_brings_its_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "ORDER", run.ORDER[:2])
    made = offramp.build(small())
    found = offramp.rank_exits(made.path, steps=3)
    assert (found.backbone, found.model) == ("the run's checkpoint, unquantised", "Sequential")
    torch.save(small().state_dict(), "weights.pt")
    assert offramp.rank_exits(made.path, weights="weights.pt", steps=3).backbone == "the weights given"


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"head": "cnv"}, UnknownName, "unknown head 'cnv'; expected one of conv, linear, pool"),
        ({"after": ["trunk0.cnv1"]}, UnknownName, "unknown layer 'trunk0.cnv1'.*Did you mean .*trunk0.conv1"),
        ({"max_loss": 101}, BadOption, "--max-loss; expected 0 to 100; found 101"),
        ({"steps": 0}, BadOption, "--steps; expected 1 to 1,000,000; found 0"),
        ({"dataset": "digit"}, UnknownName, "Did you mean digits"),
        ({"framez": 3}, UnknownName, "Did you mean frames"),
        ({"model": "b_lenet_cifar"}, BadOption, "b_lenet_cifar on digits; expected images"),
        ({"model": "b_lenet_fcn", "float_epochs": 0}, BadOption, "--float-epochs; expected 1 or more"),
        ({"out": "/proc/none"}, OutputPathError, "output path /proc/none"),
    ],
)
def test_what_is_wrong_is_a_typed_error(given: dict[str, Any], error: type[OfframpError], words: str) -> None:
    with pytest.raises(error, match=words):
        offramp.rank_exits(**{"model": "b_lenet_se", **given})


def test_a_failure_ends_what_is_shown() -> None:
    ends: list[str] = []

    class Listening(Silent):
        def end(self, step: Step, outcome: str, seconds: float, message: str) -> None:
            ends.append(outcome)

    with pytest.raises(BadOption, match="--float-epochs"):
        offramp.rank_exits(small, float_epochs=0, progress=Listening())
    assert ends == ["failed"]
