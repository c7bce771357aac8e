"""The real flow, killed once in every step: it resumes, and ends with the same bytes as one left alone."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from toolkit.flow import RunDirectory
from toolkit.flow.steps import ORDER
from toolkit.report.schema import Report

BUILD = (sys.executable, "-m", "toolkit", "build", "--quiet", "--target", "sim", "--frames", "12")


def build(run: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*BUILD, "--out", str(run)], capture_output=True, text=True)


def kill_in(step: str, run: Path) -> None:
    """Start a build and kill it, and it alone, as soon as ``step`` is at work."""
    process = subprocess.Popen(
        [*BUILD, "--out", str(run)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not list(run.glob(f"{step}.partial-{process.pid}")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.kill()
    process.communicate()


def digests(run: Path) -> dict[str, str]:
    manifests = {step.name: RunDirectory(run).manifest(step.name) for step in ORDER}
    found = {name: manifest.digest for name, manifest in manifests.items() if manifest is not None}
    return {**found, "report": Report.load(run / "report").digest}  # without its wall times


@pytest.mark.slow
@pytest.mark.sim
def test_a_build_killed_in_every_step_ends_as_one_left_alone(
    tmp_path: Path, simulators: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing of the killed ones stays in the temporary directory, in the run or in the cache."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    alone = build(tmp_path / "alone")
    assert alone.returncode == 0, alone.stderr
    killed = tmp_path / "killed"
    for step in ORDER:
        if step.name == "bitstream":
            continue  # it has nothing to do for target sim, and is over before it can be killed
        kill_in(step.name, killed)
        assert not (killed / step.name).exists()
    last = build(killed)
    assert last.returncode == 0, last.stderr
    outcomes = [line.split(" in ")[0] for line in last.stderr.splitlines() if ": done" in line]
    assert outcomes == [f"{ORDER[-1].name}: done"], "a finished step was run again"
    assert len(digests(killed)) == len(ORDER)
    assert digests(killed) == digests(tmp_path / "alone")
    assert [str(path) for path in temporary.rglob("*")] == []
    assert [path.name for path in (simulators / "scratch").iterdir()] == [".lock"]
    assert [str(path) for path in simulators.glob("*/*.part-*")] == []
    assert {path.name for path in killed.iterdir() if path.is_dir()} == {step.name for step in ORDER}
