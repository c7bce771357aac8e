"""A user's own network on the command line: the file is run when it is named, and never again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import hw_models
from hw_models.description import describe_network
from tests.cli import fake_steps
from tests.hw_models.own.files import NET
from toolkit.cli import app, run
from toolkit.core.errors import OfframpError, UnknownName
from toolkit.flow import Options, RunDirectory
from toolkit.flow.command import command
from toolkit.flow.resolve import read, resolve
from toolkit.flow.rundir import RunRecord
from toolkit.flow.steps import ORDER

OWN = "my_net.py:MyNet"
TRAIN = next(step for step in ORDER if step.name == "train")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with the file, where quick steps make a run."""
    monkeypatch.setattr(app, "ORDER", fake_steps.ORDER)
    monkeypatch.chdir(tmp_path)
    Path("my_net.py").write_text(NET)
    return tmp_path


def forbid() -> None:
    """From here on the user's file leaves a trace when it is run."""
    Path("my_net.py").write_text("open('executed', 'w')\n" + NET)


def test_a_run_records_the_description(here: Path) -> None:
    assert run(["build", OWN, "--quiet"]) == 0
    assert [path.name for path in Path("runs").iterdir()] == ["MyNet-digits-w4a4"]
    network = RunDirectory(Path("runs/MyNet-digits-w4a4")).options().network
    assert network.model == "MyNet"
    assert network.own is not None
    assert describe_network(network.spec())["classes"] == 10
    assert network.own.modules["head0.linear0"] == "early"


def test_a_run_a_configuration_and_a_record_never_run_the_file(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["build", OWN, "--quiet", "--out", "run"]) == 0
    forbid()
    expected = RunDirectory(Path("run")).options()
    assert resolve("run", None, {})[1] == expected
    assert resolve(None, Path("run"), {})[1] == expected
    capsys.readouterr()
    assert run(["config", "run"]) == 0
    Path("run.yaml").write_text(capsys.readouterr().out)
    assert resolve(None, None, {}, read(Path("run.yaml")))[1] == expected
    assert run(["build", "run", "--quiet"]) == 0
    RunRecord(options=Options.of(model=OWN)).save(Path("run"))  # as somebody else may write it
    for words in (["build", "run"], ["config", "run"], ["build", "--out", "run"]):
        assert run(words) == 2
        assert "unknown model 'my_net.py:MyNet'" in capsys.readouterr().err
    assert not Path("executed").exists()
    resolve(OWN, None, {})
    assert Path("executed").exists()


def test_a_configuration_may_name_the_file(here: Path) -> None:
    Path("run.yaml").write_text(f"network: {{model: '{OWN}'}}\nsimulation: {{frames: 7}}\n")
    _, options = resolve(None, None, {}, read(Path("run.yaml")))
    assert (options.network.model, options.simulation.frames) == ("MyNet", 7)
    _, again = resolve("b_lenet_se", None, {}, read(Path("run.yaml")))
    assert again == Options.of(frames=7)
    described = {"model": "MyNet", "description": options.network.description}
    assert resolve("b_lenet_se", None, {}, described)[1] == Options()
    with pytest.raises(UnknownName, match="unknown model 'MyNet'"):
        resolve(None, None, {}, {"model": "MyNet"})


def test_a_changed_file_is_another_training(here: Path) -> None:
    def recipe() -> dict[str, str]:
        return dict(TRAIN.external(resolve(OWN, None, {})[1]))

    first = recipe()
    Path("my_net.py").write_text(f"# a comment\n{NET}")
    assert recipe() == first
    Path("my_net.py").write_text(NET.replace("2)", "2), nn.Dropout(0.1)"))
    assert recipe() != first
    Path("weights.pt").touch()
    given = resolve(OWN, None, {"weights": Path("weights.pt")})[1]
    renamed = given.changed(description=str(given.network.description).replace('"early"', '"other"'))
    assert TRAIN.external(given) != TRAIN.external(renamed)


def test_the_command_that_reproduces_names_a_file(here: Path) -> None:
    assert command(resolve(OWN, None, {})[1]) == "offramp build FILE.py:MyNet --dataset digits"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.py:MyNet"], "network nowhere.py:MyNet; expected a Python file; found no file nowhere.py"),
        (["my_net.py"], "network my_net.py; expected FILE.py:NAME, a class or function; found no name"),
        (
            ["my_net.py:Net"],
            "unknown class or function of my_net.py 'Net'; expected one of MyNet. Did you mean",
        ),
        ([OWN, "--dataset", "npz"], "--data-path; expected your data for --dataset npz; found none"),
    ],
)
@pytest.mark.parametrize("subcommand", ["build", "config", "train"])
def test_wrong_ones_are_one_line_and_code_2(
    here: Path, capsys: pytest.CaptureFixture[str], subcommand: str, words: list[str], said: str
) -> None:
    assert run([subcommand, *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("offramp: ")
    assert said in err
    assert [path.name for path in here.iterdir()] == ["my_net.py"]


def test_options_are_checked_with_the_network_that_the_data_make(here: Path) -> None:
    with pytest.raises(OfframpError, match="--cycles for MyNet; expected 784 or more"):
        resolve(OWN, None, {"cycles": 3})
    Path("my.npz").write_text("no arrays")
    with pytest.raises(OfframpError, match=r"my\.npz"):
        resolve(OWN, None, {"dataset": "npz", "data_path": Path("my.npz")})
    pictures = np.random.default_rng(0).integers(0, 256, (60, 28, 32), np.uint8)
    np.savez("my.npz", images=pictures, labels=np.arange(60) % 3)
    with pytest.raises(OfframpError, match=r"Linear early .* on npz, 1x28x32; expected its input"):
        resolve(OWN, None, {"dataset": "npz", "data_path": Path("my.npz")})
    lazy = re.sub(r"nn\.Linear\([^,]*,", "nn.LazyLinear(", NET)
    Path("my_net.py").write_text(lazy)
    with pytest.raises(OfframpError, match=r"exit0 of MyNet, .*expected 3 classes .*; found 10"):
        resolve(OWN, None, {"dataset": "npz", "data_path": Path("my.npz")})


def test_layers_that_are_refused_are_a_line_each(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("my_net.py").write_text(NET.replace("nn.ReLU()", "nn.ELU(), nn.InstanceNorm2d(4)"))
    assert run(["build", OWN]) == 2
    first, *rest = capsys.readouterr().err.splitlines()
    assert first.startswith("offramp: operations of my_net.py: MyNet; expected Conv2d (groups=1 or ")
    assert [line.strip(" -") for line in rest] == [
        "ELU first.1 (my_net.py:12)",
        "InstanceNorm2d first.2 (my_net.py:12)",
    ]
    assert not Path("runs").exists()


def test_a_description_of_another_name_or_none_is_refused(here: Path) -> None:
    text = resolve(OWN, None, {})[1].network.description
    damaged = str(text).replace("conv", "cnov")
    for changes, words in (
        ({"description": text}, "network.model; expected MyNet; found b_lenet_se"),
        ({"description": "{}", "model": "MyNet"}, "network.description: network; expected a value"),
        (
            {"description": damaged, "model": "MyNet"},
            "network.description: a layer",
        ),
    ):
        with pytest.raises(OfframpError, match=words):
            Options.of(**changes).check()


def test_models_lists_parameters_and_multiply_accumulates(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "--json"]) == 0
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)["networks"]}
    assert found["b_lenet_se"]["parameters"] == 130 + 460 + 6_410 + 1_260 + 5_020 + 7_210
    assert found["b_lenet_se"]["segment_parameters"]["head1"] == 7_210
    for name, one in found.items():
        assert sum(one["segment_parameters"].values()) == one["parameters"]
        assert len(one["macs_to_exit"]) == one["exits"] == hw_models.get(name).exits
