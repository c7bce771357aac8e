"""Runs in Python: the same options, checks and steps as on the command line; modules bring their weights."""

from __future__ import annotations

import ast
import inspect
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import hw_models
import toolkit as offramp
from hw_models.description import describe_network
from hw_models.lowering import modules_of
from hw_models.own import Images
from hw_models.own.network import OwnModule
from tests.cli import fake_steps
from toolkit.core.errors import (
    ArtifactError,
    BadOption,
    OutputPathError,
    UnknownName,
    UnsupportedOperator,
)
from toolkit.flow import RunDirectory, run
from toolkit.flow.options import DECLARED, POSITIONAL
from toolkit.flow.steps import ORDER
from toolkit.train.checkpoint import Checkpoint


class MyNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(1, 4, 5, stride=2), nn.ReLU(), nn.MaxPool2d(2))
        self.early = nn.Linear(144, 10)
        self.last = nn.LazyLinear(10)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        x = self.first(x)
        return [self.early(x.flatten(1)), self.last(nn.functional.max_pool2d(x, 2).flatten(1))]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder where quick steps make a run."""
    monkeypatch.setattr(run, "ORDER", fake_steps.ORDER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def trains(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder where runs end after training."""
    monkeypatch.setattr(run, "ORDER", ORDER[:2])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_package_loads_at_once() -> None:
    code = (
        "import sys, toolkit; sys.exit(str({'torch', 'numpy', 'pydantic', 'rich'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == ""


def test_every_name_is_there_and_typed() -> None:
    tree = ast.parse(Path(offramp.__file__).read_text())
    typed = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.If)
        for line in node.body
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }
    assert typed | {"__version__"} == set(offramp.__all__) <= set(dir(offramp))
    assert all(getattr(offramp, name).__doc__ for name in typed)
    with pytest.raises(AttributeError, match="no attribute 'biuld'"):
        offramp.biuld  # noqa: B018
    assert all(
        (Path(offramp.__file__).parents[1] / name / "py.typed").exists() for name in ("toolkit", "hw_models")
    )


def test_every_option_is_a_parameter_with_its_help() -> None:
    signature = inspect.signature(offramp.build)
    assert {*DECLARED, "bits"} - POSITIONAL <= set(signature.parameters)
    for name, one in DECLARED.items():
        if name not in POSITIONAL:
            assert signature.parameters[name].default == one.default
            assert f"{name}: {one.described}" in str(offramp.build.__doc__)


def test_every_step_has_a_method() -> None:
    methods = {name for name, _ in inspect.getmembers(offramp.Run, inspect.isfunction)}
    assert {step.name for step in ORDER} - methods == {"data", "report"}


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"framez": 3}, UnknownName, "unknown option 'framez'.*Did you mean frames"),
        ({"dataset": "digit"}, UnknownName, "unknown dataset 'digit'.*Did you mean digits"),
        ({"model": "b_lenet_es"}, UnknownName, "Did you mean b_lenet_se"),
        ({"model": 3}, BadOption, "network; expected a name, an nn.Module, .*; found int"),
        ({"model": lambda: None}, BadOption, "network <lambda>; expected a name of letters"),
        ({"frames": "3"}, BadOption, "--frames; expected a whole number, 1 to 1,000,000; found '3'"),
        ({"frames": 0}, BadOption, "--frames; expected 1 to 1,000,000; found 0"),
        ({"max_loss": 1.0, "exit_rate": 0.5}, BadOption, "--exit-rate and --max-loss"),
        ({"out": 3}, BadOption, "path; expected the path of a file or folder; found 3"),
        ({"out": ""}, BadOption, "path; expected the path of a file or folder; found ''"),
        ({"config": "none.yaml"}, BadOption, "--config; expected a file"),
    ],
)
def test_what_is_wrong_is_a_typed_error_before_anything_is_made(
    here: Path, given: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        offramp.build(**{"model": "b_lenet_se", **given})
    assert not list(here.iterdir())


def test_a_build_is_quiet_unless_asked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = offramp.build("b_lenet_se", frames=3, bits=3)
    assert capsys.readouterr().err == ""
    assert made.path == Path("runs/b_lenet_se-digits-w3a3")
    assert (made.options.simulation.frames, made.options.quant.weight_bits) == (3, 3)
    assert made.network == hw_models.get("b_lenet_se")
    assert offramp.build(made.path, frames=4, progress=True).options.quant.weight_bits == 3
    assert "report: done" in capsys.readouterr().err


def test_a_run_is_opened_and_continued(here: Path) -> None:
    made = offramp.build("b_lenet_se", out="here")
    assert made.page.read_text() == "a report"
    again = offramp.open("here").build(frames=7)
    assert again.options.simulation.frames == 7
    with pytest.raises(BadOption, match="option model; expected the network of the run"):
        again.build(model="b_lenet_fcn")
    with pytest.raises(ArtifactError, match=r"run\.json"):
        offramp.Run("nowhere")


def test_a_report_of_other_options_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = offramp.build("b_lenet_se", out="here")
    with RunDirectory.open(made.path) as opened:
        opened.record(made.options.changed(frames=5))
    with pytest.raises(
        ArtifactError, match=r"step report of here is out of date; .*frames None -> 5.*run\.build"
    ):
        made.page  # noqa: B018
    assert made.build().page.exists()
    with RunDirectory.open(made.path) as opened:
        opened.record(made.options.changed(weight_bits=5))
    with pytest.raises(ArtifactError, match=r"weight_bits 4 -> 5"):
        made.page  # noqa: B018


def test_a_description_is_a_network(here: Path) -> None:
    known = hw_models.get("b_lenet_fcn")
    assert offramp.build(known).options.network.description is None
    other = hw_models.NetworkSpec(
        "other", known.input_shape, known.outputs, known.trunks, known.heads, known.exit_weights
    )
    made = offramp.build(other)
    assert describe_network(made.network) == describe_network(other)
    assert offramp.open(made.path).build().network == made.network


def test_a_class_is_trained_and_a_module_brings_its_weights(here: Path) -> None:
    assert offramp.build(MyNet).options.network.weights is None
    net = MyNet()
    taps = len(net._forward_hooks)
    made = offramp.build(net, out="module", weights_unit=256)
    assert isinstance(net.last.weight, nn.UninitializedParameter), "the user's module has changed"
    assert net.training
    assert len(net._forward_hooks) == taps
    kept = made.options.network.weights
    assert kept is not None
    assert kept.parent == made.path
    assert set(torch.load(kept, weights_only=True)) == set(net.state_dict())
    assert made.network.name == "MyNet"
    given = here / "given.pt"
    torch.save(net.state_dict(), given)
    assert offramp.build(net, out="module", weights=given).options.network.weights == given


def test_weights_stay_where_they_belong(here: Path) -> None:
    torch.manual_seed(1)
    made = offramp.build(net := MyNet(), out="one")
    first = made.options.network.weights
    net(torch.ones(1, 1, 28, 28))[0].sum().backward()
    torch.optim.SGD(net.parameters(), 0.1).step()
    offramp.build(net, out="one")
    assert [file.name for file in made.path.glob("*.pt")] == [Path(str(made.options.network.weights)).name]
    assert made.options.network.weights != first
    shutil.move("one", "moved")
    moved = offramp.Run("moved")
    assert str(moved.options.network.weights).startswith("moved/")
    moved.build()
    offramp.build("b_lenet_se", out="other")
    with pytest.raises(OutputPathError, match="run directory other; expected MyNet on digits"):
        offramp.build(net, out="other")
    assert not list(Path("other").glob("*.pt"))


def test_weights_of_a_module_start_its_run(trains: Path) -> None:
    torch.manual_seed(2)
    net = MyNet().half()
    net.last = nn.Linear(36, 10)
    torch.save(net.state_dict(), "given.pt")
    made = offramp.build(net, weights_unit=256)
    checkpoint = Checkpoint.load(made.path / "train")
    given = offramp.build(MyNet, weights_unit=256, weights="given.pt", out="given")
    assert Checkpoint.load(given.path / "train").digest == checkpoint.digest
    own = made.options.network.own
    assert own is not None
    weighted = {"trunk0.conv0": "first.0", "head0.linear0": "early", "head1.linear0": "last"}
    assert own.modules == {**weighted, "trunk0.relu0": "first.1", "trunk0.pool0": "first.2"}
    state, found = net.state_dict(), checkpoint.build().state_dict()
    for layer, theirs in weighted.items():
        pair = [found[f"{modules_of(own.network)[layer]}.weight"], state[f"{theirs}.weight"].float()]
        assert torch.corrcoef(torch.stack([one.flatten() for one in pair]))[0, 1] > 0.9
    assert checkpoint.details["weights"]["unit"] == 256
    assert RunDirectory(made.path).manifest("train").message == "took the weights that came with the network"  # type: ignore[union-attr]


def test_places_of_an_object_are_those_of_its_code() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last = nn.Linear(784, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(x.flatten(1).sigmoid())

    images = Images("digits", (1, 28, 28), 10)
    line = inspect.getsourcelines(Odd)[1] + 6
    for network in (Odd(), Odd, offramp.attach_exits(Odd(), after=["last"])):
        with pytest.raises(UnsupportedOperator) as refused:
            OwnModule.of(network).read(images)
        assert refused.value.details == (f"sigmoid (test_run.py:{line})",)
    plain = nn.Sequential(nn.Flatten(), nn.Sigmoid(), nn.Linear(784, 10))
    with pytest.raises(UnsupportedOperator) as refused:
        OwnModule.of(plain).read(images)
    assert refused.value.details == ("Sigmoid 1",)
    assert "operations of Sequential" in str(refused.value)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (lambda size: None, "expected a class or function that needs no arguments; found size"),
        (lambda: "text", r"expected an nn.Module; found str"),
        (lambda: 1 / 0, r"test_run.py:\d+; expected a network; found ZeroDivisionError"),
    ],
)
def test_what_gives_no_module_is_named(network: Any, words: str) -> None:
    network.__name__ = "maker"
    with pytest.raises(BadOption, match=words):
        OwnModule.of(network).read(Images("digits", (1, 28, 28), 10))
