"""A run of another version of Offramp is named as such by every command, and stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.cli import run

OLD = '{"schema": 1, "request": {"model": "b_lenet_se", "dataset": "digits"}}\n'
MESSAGE = (
    "offramp: old/run.json was written by another version of Offramp; expected schema 2; found 1. "
    "Choose another --out, or remove it.\n"
)


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A run directory as an older version left it."""
    monkeypatch.chdir(tmp_path)
    for name in ("compose", "calibrate", "train", "data", "report", "train.partial-1"):
        folder = Path("old", name)
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
    Path("old", ".lock").touch()
    Path("old", "run.json").write_text(OLD)
    return Path("old")


def state(run: Path) -> dict[Path, int]:
    """When each file but the lock's was written."""
    found = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    return {path: time for path, time in found.items() if not path.name.startswith(".lock")}


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "--out", "old"],
        ["build", "b_lenet_se", "--out", "old"],
        ["build", "b_lenet_fcn", "--out", "old"],
        ["verify", "old"],
        ["verify", "old", "--layers"],
        ["train", "--out", "old"],
        ["config", "old"],
        ["classify", "old", "image.png"],
        ["waveform", "old"],
        ["boards", "old"],
        ["report", "old"],
        ["report", "old", "other"],
    ],
    ids=" ".join,
)
def test_an_old_run_is_refused(old: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    before = state(old)
    assert run(arguments) == 2
    assert capsys.readouterr() == ("", MESSAGE)
    assert state(old) == before
    assert [path.name for path in Path().iterdir()] == ["old"]
