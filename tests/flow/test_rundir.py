"""Paths a run directory refuses, and options it remembers."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.core.errors import ArtifactError, OutputPathError
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
        assert run.options().simulation.frames == 4


def test_a_folder_without_a_run_has_no_options(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="is missing"):
        RunDirectory(tmp_path).options()


OLD = '{"schema": 1, "request": {"model": "b_lenet_se", "dataset": "digits"}}'


@pytest.mark.parametrize(("text", "found"), [(OLD, "1"), (OLD.replace("1", "99", 1), "99"), ("{}", "None")])
def test_a_run_of_another_version_is_named_and_stays_as_it_is(tmp_path: Path, text: str, found: str) -> None:
    (tmp_path / "run.json").write_text(text)
    (tmp_path / ".lock").touch()
    (tmp_path / "train.partial-1").mkdir()
    words = (
        f"run.json was written by another version of Offramp; expected schema 2; found {found}. "
        "Choose another --out, or remove it."
    )
    run = RunDirectory(tmp_path)
    with pytest.raises(ArtifactError, match=words), RunDirectory.open(tmp_path):
        pass
    with pytest.raises(ArtifactError, match=words):
        run.options()
    with pytest.raises(ArtifactError, match=words):
        run.record(Options())
    assert (tmp_path / "run.json").read_text() == text
    assert (tmp_path / "train.partial-1").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ('{"colour": {}}', "options.colour; expected no such key"),
        (
            '{"simulation": {"frames": 0}}',
            "options.simulation.frames; expected greater than or equal to 1",
        ),
        ('{"simulation": {"frames": "7"}}', "options.simulation.frames; expected .* valid integer"),
        ("[]", "options; expected"),
        ("{}", "options; expected .*network.model among all options"),
    ],
)
def test_a_damaged_record_is_named(tmp_path: Path, options: str, words: str) -> None:
    (tmp_path / "run.json").write_text(f'{{"schema": 2, "options": {options}}}')
    with pytest.raises(ArtifactError, match=words):
        RunDirectory(tmp_path).options()
