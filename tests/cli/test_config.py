"""``offramp config`` and ``--config``: a file describes a run, options given on the command line win."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.cli import fake_steps
from toolkit.cli import app, run
from toolkit.core.errors import BadOption
from toolkit.flow import Options, RunDirectory
from toolkit.flow.options import DECLARED
from toolkit.flow.resolve import read, resolve
from toolkit.flow.steps import ORDER

MODELS_FILE = "network: {model: b_lenet_fcn}\nsimulation: {frames: 7}\npolicy: {max_loss: 0.5}\n"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder, where quick steps make a run."""
    monkeypatch.setattr(app, "ORDER", fake_steps.ORDER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["config", *arguments]) == 0
    return capsys.readouterr().out


def recorded(*arguments: str) -> Options:
    assert run([*arguments, "--quiet", "--out", "run"]) == 0
    return RunDirectory(Path("run")).options()


def test_the_printed_file_describes_the_default_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.yaml").write_text(printed(capsys))
    assert read(Path("run.yaml")) == {name: one.default for name, one in DECLARED.items()}
    assert run(["build", "--quiet"]) == 0
    (folder,) = Path("runs").iterdir()
    expected = (folder / "run.json").read_bytes()
    assert run(["build", "--quiet", "--config", "run.yaml"]) == 0
    assert [*Path("runs").iterdir()] == [folder]
    assert (folder / "run.json").read_bytes() == expected


def test_options_given_are_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    given = ["b_lenet_fcn", "--frames", "10", "--bits", "3", "--max-loss", "0.25", "--data-dir", "."]
    expected = Options.of(
        model="b_lenet_fcn", frames=10, weight_bits=3, act_bits=3, max_loss=0.25, data_dir=tmp_path
    )
    text = printed(capsys, *given)
    assert Options.parse(yaml.safe_load(text)) == expected
    assert "  # Test frames to simulate and compare. [1 to 1,000,000; default: all]\n  frames: 10\n" in text
    assert Options.parse(json.loads(printed(capsys, *given, "--json"))) == expected


def test_a_run_directorys_options_are_printed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded("build", "--frames", "9")
    capsys.readouterr()
    assert yaml.safe_load(printed(capsys, "run"))["simulation"]["frames"] == 9
    assert yaml.safe_load(printed(capsys, "--out", "run"))["simulation"]["frames"] == 9
    assert yaml.safe_load(printed(capsys, "b_lenet_se"))["simulation"]["frames"] is None


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_options_of_the_command_line_win(here: Path, capsys: pytest.CaptureFixture[str], suffix: str) -> None:
    flags = ["--json"] if suffix == "json" else []
    file = f"run.{suffix}"
    Path(file).write_text(printed(capsys, "--frames", "5", "--bits", "3", "--checkpoint", __file__, *flags))
    expected = Options.of(frames=5, weight_bits=3, act_bits=3, checkpoint=__file__)
    assert recorded("build", "--config", file) == expected
    assert recorded("build", "--config", file, "--frames", "6", "--act-bits", "2") == expected.changed(
        frames=6, act_bits=2
    )


def test_a_file_works_for_every_command_of_the_flow(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("build", "config", *(step.name for step in ORDER if step.name not in app.NOT_COMMANDS)):
        assert run([command, "--config", "/nowhere"]) == 2
        assert capsys.readouterr().err == (
            "offramp: --config; expected a file; found /nowhere, which does not exist\n"
        )


def test_the_command_lines_model_and_aim_take_the_place_of_the_files(here: Path) -> None:
    Path("run.yaml").write_text(MODELS_FILE)
    described = read(Path("run.yaml"))
    _, options = resolve(None, None, {}, described)
    assert options == Options.of(model="b_lenet_fcn", frames=7, max_loss=0.5)
    _, options = resolve("b_lenet_se", None, {"exit_rate": 0.9}, described)
    assert options == Options.of(frames=7, exit_rate=0.9)


def test_a_file_says_everything_unless_a_run_is_named(here: Path) -> None:
    with RunDirectory.open(Path("run")) as opened:
        opened.record(Options.of(model="b_lenet_fcn", seeds=3, exit_rate=0.9))
    Path("run.yaml").write_text(MODELS_FILE)
    described = read(Path("run.yaml"))
    expected = Options.of(model="b_lenet_fcn", frames=7, max_loss=0.5)
    assert resolve(None, Path("run"), {}, described) == (Path("run"), expected)
    assert resolve("run", None, {}, described) == (Path("run"), expected.changed(seeds=3))


def test_training_takes_a_checkpoint_that_the_file_names(here: Path) -> None:
    Path("net.pt").touch()
    Path("run.yaml").write_text("network: {checkpoint: net.pt}\n")
    assert recorded("train", "--config", "run.yaml") == Options.of(checkpoint=here / "net.pt")
    Path("run.yaml").write_text("simulation: {frames: 3}\n")
    assert recorded("train", "--config", "run.yaml") == Options.of(train=True, frames=3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("simulation: {frames: 0}", "run.yaml: simulation.frames; expected 1 to 1,000,000; found 0"),
        ("simulatoin: {}", "run.yaml: unknown group 'simulatoin'; expected one of cluster, compare, cost"),
        ("", "run.yaml; expected groups of options; found nothing"),
        ("a: [\n", "run.yaml cannot be read; expected YAML in UTF-8; found "),
        ("policy: {exit_rate: 0.9, max_loss: 1}", "--exit-rate and --max-loss; expected one of them"),
    ],
)
@pytest.mark.parametrize("command", ["build", "config"])
def test_a_wrong_file_is_one_line_and_code_2(
    here: Path, capsys: pytest.CaptureFixture[str], command: str, text: str, words: str
) -> None:
    Path("run.yaml").write_text(text)
    assert run([command, "--config", "run.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("offramp: ")
    assert err.count("\n") == 1
    assert words in err
    assert [path.name for path in here.iterdir()] == ["run.yaml"]


def test_several_runs_have_no_file(here: Path) -> None:
    with pytest.raises(BadOption, match="--config with 2 runs; expected options of one run"):
        app.report.compare_runs(["a", "b"], {"config": Path("run.yaml")})
