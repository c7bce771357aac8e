"""Paths a run directory refuses, and requests it remembers."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.core.errors import ArtifactError, BadOption, OutputPathError, UnknownName
from toolkit.flow import Options, RunDirectory


def test_an_output_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with (
        pytest.raises(OutputPathError, match="expected a folder; found a file"),
        RunDirectory.open(tmp_path / "file"),
    ):
        pass
    with (
        pytest.raises(OutputPathError, match="cannot be used; found Not a directory"),
        RunDirectory.open(tmp_path / "file" / "below"),
    ):
        pass
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "thesis.txt").write_text("mine")
    with (
        pytest.raises(OutputPathError, match="found other files, which stay untouched"),
        RunDirectory.open(tmp_path),
    ):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["train", "thesis.txt"]


def test_a_folder_that_cannot_be_made_is_refused() -> None:
    # Nobody, root included, makes a folder in /proc.
    with (
        pytest.raises(OutputPathError, match="cannot be used; found No such file"),
        RunDirectory.open(Path("/proc/run")),
    ):
        pass


def test_a_fault_of_a_stage_is_not_dressed_as_an_output_path_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), RunDirectory.open(tmp_path / "run") as run:
        (run.path / "nothing").read_text()


def test_another_models_run_is_not_overwritten(tmp_path: Path) -> None:
    with RunDirectory.open(tmp_path / "run") as run:
        run.record(Options.of(model="b_lenet_se", frames=3))
        assert run.options() == Options.of(model="b_lenet_se", frames=3)
        with pytest.raises(
            OutputPathError, match="expected b_lenet_fcn on digits; found b_lenet_se on digits"
        ):
            run.record(Options.of(model="b_lenet_fcn"))
        run.record(Options.of(model="b_lenet_se", frames=4))
        assert run.options().frames == 4


def test_requests_survive_json(tmp_path: Path) -> None:
    options = Options.of(checkpoint=tmp_path / "net.ckpt", data_dir=tmp_path, scaling="float", layers=True)
    assert Options.from_json(options.to_json()) == options
    with pytest.raises(ArtifactError, match="found colour"):
        Options.from_json({"colour": 1})


def test_a_folder_without_a_run_has_no_request(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="is missing"):
        RunDirectory(tmp_path).options()


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (Options.of(model="b_lenet_es"), UnknownName, "unknown model .* Did you mean b_lenet_se"),
        (Options.of(dataset="mnits"), UnknownName, "unknown dataset .* Did you mean mnist"),
        (Options.of(target="simm"), UnknownName, "unknown target .* Did you mean sim"),
        (Options.of(weight_bits=1), BadOption, "weight_bits out of range"),
        (Options.of(act_bits=9), BadOption, "act_bits out of range"),
        (Options.of(frames=0), BadOption, "--frames; expected 1 or more; found 0"),
        (Options.of(cycles=-3), BadOption, "--cycles; expected 1 or more"),
        (Options.of(seed=-1), BadOption, "--seed; expected 0 or more"),
        (Options.of(checkpoint=Path("/nowhere")), BadOption, "--checkpoint; expected a file"),
        (Options.of(data_dir=Path("/nowhere")), BadOption, "--data-dir; expected a folder"),
    ],
)
def test_bad_requests_are_refused_before_anything_is_made(
    wrong: Options, error: type[Exception], message: str
) -> None:
    Options().check()
    with pytest.raises(error, match=message):
        wrong.check()
