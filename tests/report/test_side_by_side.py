"""Several runs side by side: rows by hand, notes, files, and what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.core.odd_names import FOLDERS
from tests.flow.manifests import finish
from tests.report import fake_run
from toolkit.cli import run as offramp
from toolkit.core.artifact import read_json, write_json
from toolkit.core.errors import BadOption, OutputPathError
from toolkit.report.schema import Report
from toolkit.report.side_by_side import compare, named_runs, write
from toolkit.report.side_by_side.compare import SideBySide
from toolkit.report.sources import collect


@pytest.fixture
def runs(report: Report, tmp_path: Path) -> list[Path]:
    """Two runs whose reports differ in the network's name and the data."""
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        (folder / "report").mkdir(parents=True)
        report.save(folder / "report")
    finish(tmp_path / "first")
    change(folders[1], model="b_lenet_fcn", dataset={"name": "drawings", "digest": "e" * 64})
    return folders


def compared(runs: list[Path]) -> SideBySide:
    return compare({name: Report.load(run / "report") for name, run in named_runs(runs).items()})


def change(run: Path, **changes: Any) -> None:
    path = run / "report" / "report.json"
    value = read_json(path)
    for key, new in changes.items():
        value[key] = {**value[key], **new} if isinstance(new, dict) else new
    write_json(path, value)
    finish(run)


def test_a_comparison_comes_back_as_it_was_saved(runs: list[Path], tmp_path: Path) -> None:
    found = compared(runs)
    found.save(tmp_path)
    assert SideBySide.load(tmp_path) == found


def test_a_row_per_exit_mix_and_baseline(runs: list[Path], report: Report) -> None:
    found = compared(runs)
    assert [run.name for run in found.runs] == ["first", "second"]
    assert [row.part for row in found.rows] == ["exit 0", "exit 1", "mix", "no early exit"] * 2
    first = found.rows[:4]
    assert [row.accuracy for row in first] == [
        *(one.accuracy for one in report.exits),
        report.combined.accuracy,
        report.baseline.accuracy,
    ]
    assert [row.exit_rate for row in first] == [*(one.exit_rate for one in report.exits), None, None]
    assert first[2].price.latency_us == report.combined.latency_us


def test_what_cannot_be_compared_is_said(runs: list[Path]) -> None:
    different = " ".join(compared(runs).notes)
    assert "pictures" in different
    assert "drawings" in different
    change(runs[1], dataset=read_json(runs[0] / "report" / "report.json")["dataset"])
    assert "drawings" not in " ".join(compared(runs).notes)


def test_the_command_writes_page_json_and_csv(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert offramp(["report", *map(str, runs), "--out", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == read_json(out / "comparison.json")
    with (out / "comparison.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["part"] for row in rows] == [row["part"] for row in printed["rows"]]
    page = (out / "comparison.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "b_lenet_fcn" in page
    assert str(tmp_path) not in page
    again = tmp_path / "again"
    assert offramp(["report", *map(str, runs), "--out", str(again), "--quiet"]) == 0
    for name in ("comparison.json", "comparison.csv", "comparison.html"):
        assert (again / name).read_bytes() == (out / name).read_bytes()


@pytest.mark.parametrize("name", FOLDERS, ids=ascii)
def test_the_folder_may_have_an_odd_name(
    runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert offramp(["report", *map(str, runs), f"--out={name}", "--json"]) == 0
    assert len(list(Path(name).iterdir())) == 3


def test_refused(runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadOption, match="expected each once"):
        named_runs([runs[0], runs[1], runs[0]])
    with pytest.raises(BadOption, match="expected at least 2; found 1"):
        named_runs(runs[:1])
    (tmp_path / "empty").mkdir()
    assert offramp(["report", str(runs[0]), str(tmp_path / "empty")]) == 2
    assert "empty; expected a finished step report; found none. Finish it: offramp" in capsys.readouterr().err
    change(runs[1], schema=7)
    assert offramp(["report", *map(str, runs)]) == 2
    assert "expected schema 1; found 7. Make it again with this version." in capsys.readouterr().err
    assert offramp(["report", *map(str, runs), "--cycles", "99"]) == 2
    assert "--cycles with 2 runs" in capsys.readouterr().err


def test_a_report_that_was_changed_is_not_compared(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (runs[1] / "report" / Report.FILE).write_text("[")  # not read at all
    assert offramp(["report", *map(str, runs), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert (
        f"{runs[1] / 'report'} is damaged; expected what the step wrote; found report.json was changed"
        in told
    )
    assert not (tmp_path / "out").exists()


def test_runs_of_one_name_are_told_apart(report: Report, tmp_path: Path) -> None:
    folders = [tmp_path / parent / "run" for parent in ("a", "b")]
    for folder in folders:
        (folder / "report").mkdir(parents=True)
        report.save(folder / "report")
    assert list(named_runs(folders)) == ["a/run", "b/run"]
    with pytest.raises(BadOption, match="each once"):
        named_runs([folders[0], folders[0] / ".." / "run"])


def test_a_run_without_early_exit(runs: list[Path], tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    (bare / "report").mkdir(parents=True)
    alone = collect(fake_run.write(tmp_path / "files", backbone=True))
    alone.save(bare / "report")
    found = compared([runs[0], bare])
    assert [row.part for row in found.rows if row.run == "bare"] == ["exit 0", "mix", "no early exit"]
    assert "No early exit, so no costs: bare." in " ".join(found.notes)
    write(found, tmp_path / "out")
    with (tmp_path / "out" / "comparison.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["run"] == "bare"]
    assert {row["energy_uj"] for row in rows} == {""}


def test_an_output_path_that_holds_something_else_stays_untouched(runs: list[Path], tmp_path: Path) -> None:
    found = compared(runs)
    before = sorted(runs[0].rglob("*"))
    with pytest.raises(OutputPathError, match="expected a comparison; found other files"):
        write(found, runs[0])
    assert sorted(runs[0].rglob("*")) == before
    (tmp_path / "file").touch()
    with pytest.raises(OutputPathError, match="expected a folder; found a file"):
        write(found, tmp_path / "file")
