"""The command line: exit codes, one-line errors, nearest names, what goes to which stream."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import toolkit
from tests.cli import fake_steps
from tests.core.odd_names import FOLDERS
from toolkit.cli import app, run
from toolkit.core.errors import BadOption
from toolkit.flow import Options, RunDirectory, needed
from toolkit.flow.groups import TARGETS
from toolkit.flow.resolve import resolve
from toolkit.flow.steps import ORDER

SCRIPT = Path(fake_steps.__file__)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The command line with quick steps, in an empty folder."""
    monkeypatch.setattr(app, "ORDER", fake_steps.ORDER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(misdeed: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    root = Path(toolkit.__file__).parents[1]
    command = [sys.executable, str(SCRIPT), misdeed, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(root)})


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, toolkit.cli; toolkit.cli.run(['build', '--help']);"
        "heavy = {'torch', 'numpy', 'brevitas', 'finn', 'qonnx', 'onnx', 'sklearn'} & set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--dataset" in done.stdout


def test_a_bitstream_has_a_command_with_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bitstream", "--help"]) == 0
    out = capsys.readouterr().out
    for option in ("target", "luts", "cycles", "clock-mhz", "seeds", "require-clock", "plan", "remote"):
        assert f"--{option} " in out
    assert "--host-cycles" not in out, "an option of a later step"
    shown = f"What to build for. [{' or '.join(TARGETS)}; default: ulx3s-85f]"
    assert "".join(shown.split()) in "".join(out.split()), "lines end behind hyphens, too"
    names = [step.name for step in needed(ORDER, ["bitstream"])]
    assert names[-2:] == ["verify", "bitstream"]
    assert "cascade" not in names


def test_without_arguments_it_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    out = capsys.readouterr().out
    for command in ("build", "train", "export", "bitstream", "doctor", "models"):
        assert f"  {command} " in out


def test_python_m_toolkit_is_offramp() -> None:
    done = subprocess.run([sys.executable, "-m", "toolkit", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"offramp {toolkit.__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["buidl"], "No such command 'buidl'. Did you mean 'build'?"),
        (["build", "--datset", "mnist"], "No such option: --datset (Possible options: --dataset"),
        (["build", "b_lenet_es"], "tw_smallcnn_backbone. Did you mean b_lenet_se"),
        (
            ["build", "--dataset", "mnits"],
            "unknown dataset 'mnits'; expected one of california_housing, cifar10, ",
        ),
        (["build", "--target", "simm"], "unknown target 'simm'"),
        (
            ["build", "--target", "ulx3s"],
            "ulx3s-85f, zc706, zcu104. Did you mean ulx3s-85f",
        ),
        (["build", "--clock-mhz", "33"], "--clock-mhz on ulx3s-85f; expected one of 50, 60, 70, 75"),
        (["build", "--luts", "0"], "--luts; expected 1 to 10,000,000; found 0"),
        (["build", "--seeds", "0"], "--seeds; expected 1 to 1,000; found 0"),
        (["build", "--bits", "9"], "--bits; expected 2 to 8; found 9"),
        (["build", "--bits", "four"], "--bits; expected a whole number, 2 to 8; found 'four'"),
        (["build", "--frames", "0"], "--frames; expected 1 to 1,000,000; found 0"),
        (["build", "--checkpoint", "nowhere.pt"], "--checkpoint; expected a file; found nowhere.pt"),
        (["build", "--out", "/proc/offramp"], "output path /proc/offramp cannot be used"),
        (["build", "--out"], "Option '--out' requires an argument"),
        (["build", "b_lenet_se", "more"], "Got unexpected extra argument(s) (more)"),
        (["models", "--jsno"], "No such option: --jsno"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_code_2(
    fake: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("offramp: ")
    assert err.count("\n") == 1
    assert words in err
    assert not list(fake.iterdir()), "something was made"


def test_an_output_path_that_is_a_file_is_code_2(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (fake / "file").touch()
    assert run(["build", "--out", "file"]) == 2
    assert capsys.readouterr().err == (
        "offramp: output path file; expected a folder; found a file. Choose another --out.\n"
    )


def test_a_build_ends_by_naming_the_report(fake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["build"]) == 0
    out, err = capfd.readouterr()
    assert out == "report: runs/b_lenet_se-digits-w4a4/report/report.html\n"
    assert "train: First of two (not run yet)" in err
    assert "a library that prints" in err
    assert "a compiler that prints" in err
    assert run(["build"]) == 0
    out, err = capfd.readouterr()
    assert out == "report: runs/b_lenet_se-digits-w4a4/report/report.html\n"
    assert err == "train: up to date: all well\nreport: up to date\n"


@pytest.mark.parametrize("name", FOLDERS, ids=ascii)
def test_a_run_directory_may_have_an_odd_name(
    fake: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    for outcome in ("done", "up to date"):
        assert run(["build", "--json", f"--out={name}"]) == 0
        value = json.loads(capfd.readouterr().out)
        assert value["run"] == name
        assert {step["outcome"] for step in value["stages"]} == {outcome}
    assert [path.name for path in fake.iterdir()] == [name]


def test_json_is_all_there_is_on_standard_output(fake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "--json", "--frames", "3", "--out", "here"]) == 0
    value = json.loads(capfd.readouterr().out)
    assert value["run"] == "here"
    assert [step["outcome"] for step in value["stages"]] == ["done", "done"]
    assert value["stages"][1]["summary"] == {"frames": 3}


def test_quiet_is_a_line_per_stage(fake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "--quiet", "--out", "here"]) == 0
    lines = [line.split(" in ")[0] for line in capfd.readouterr().err.splitlines() if ":" in line]
    assert lines == ["train: done", "report: done"]


def test_a_stages_command_runs_what_it_needs_and_no_more(
    fake: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", "--out", "here"]) == 0
    assert capfd.readouterr().out == "train: here/train\n"
    assert not (fake / "here" / "report").exists()
    assert RunDirectory(fake / "here").options().training.train, "'offramp train' trains"


def test_an_internal_fault_keeps_its_traceback(tmp_path: Path) -> None:
    done = start("fault", "build", "--out", str(tmp_path / "run"))
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "RuntimeError: an internal fault" in done.stderr
    assert done.stdout == ""


def test_an_error_of_a_stage_is_one_line(tmp_path: Path) -> None:
    done = start("error", "build", "--quiet", "--out", str(tmp_path / "run"))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "offramp: two lines of an error; found a cause"
    assert "Traceback" not in done.stderr


def test_an_interrupt_says_that_it_resumes(tmp_path: Path) -> None:
    done = start("interrupt", "build", "--out", str(tmp_path / "run"))
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1] == "offramp: interrupted; the same command goes on from here"
    done = start("", "build", "--out", str(tmp_path / "run"))
    assert done.returncode == 0
    assert "train: up to date" in done.stderr


def test_a_model_means_the_command_line_says_everything(fake: Path) -> None:
    with RunDirectory.open(fake / "run") as opened:
        opened.record(Options.of(frames=7, weight_bits=3))
    path, options = resolve("b_lenet_se", fake / "run", {"cycles": 9999})
    assert (path, options) == (fake / "run", Options.of(cycles=9999))


@pytest.mark.parametrize("positional", [True, False])
def test_a_run_directory_brings_its_options(fake: Path, positional: bool) -> None:
    with RunDirectory.open(fake / "run") as opened:
        opened.record(Options.of(frames=7, weight_bits=3))
    model, out = (str(fake / "run"), None) if positional else (None, fake / "run")
    path, options = resolve(model, out, {"cycles": 9999, "frames": None})
    assert (path, options) == (fake / "run", Options.of(frames=7, weight_bits=3, cycles=9999))


def test_two_run_directories_are_one_too_many(fake: Path) -> None:
    with RunDirectory.open(fake / "run") as opened:
        opened.record(Options())
    with pytest.raises(BadOption, match="two run directories"):
        resolve(str(fake / "run"), fake / "other", {})
    assert resolve(str(fake / "run"), Path("run"), {})[0] == fake / "run"


def test_bits_is_both_and_the_finer_option_wins(fake: Path) -> None:
    path, options = resolve(None, None, {"bits": 6, "act_bits": 3})
    assert (options.quant.weight_bits, options.quant.act_bits) == (6, 3)
    assert path == Path("runs/b_lenet_se-digits-w6a3")


def test_a_new_aim_takes_the_place_of_the_runs(fake: Path) -> None:
    with RunDirectory.open(fake / "run") as opened:
        opened.record(Options.of(max_loss=0.5))
    _, options = resolve(str(fake / "run"), None, {"exit_rate": 0.9})
    assert (options.policy.exit_rate, options.policy.max_loss) == (0.9, None)
    with pytest.raises(BadOption, match="--exit-rate and --max-loss"):
        resolve(str(fake / "run"), None, {"exit_rate": 0.9, "max_loss": 0.5})


@pytest.mark.parametrize("name", ["runs/nowhere", "."])
def test_a_run_directory_that_is_none_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadOption, match=r"run directory .*; expected a folder with run\.json; found none"):
        resolve(name, None, {})
