"""A run killed at any step resumes; two runs never share a directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from toolkit.core.errors import RunBusy
from toolkit.flow import RunDirectory

SCRIPT = Path(__file__).with_name("three_steps.py")
STEPS = ("one", "two", "three")


def start(run: Path, hang_at: str = "") -> subprocess.Popen[str]:
    arguments = [sys.executable, str(SCRIPT), str(run), hang_at]

    def heed_interrupts() -> None:  # tests that run in the background of a shell inherit that it ignores them
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )


def start_and_hang(run: Path, step: str) -> subprocess.Popen[str]:
    process = start(run, step)
    deadline = time.monotonic() + 300  # on a machine that is busy with other things
    while not list(run.glob(f"{step}.partial-*/first")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "the step never began"
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_run_resumes_where_it_was(tmp_path: Path, step: str) -> None:
    run = tmp_path / "run"
    process = start_and_hang(run, step)
    process.kill()
    process.communicate()
    assert not (run / step).exists(), "half a step taken for a whole one"
    assert list(run.glob(f"{step}.partial-*"))

    out, err = start(run).communicate()
    before = STEPS[: STEPS.index(step)]
    expected = [f"{name} {'up to date' if name in before else 'done'}" for name in STEPS]
    assert out.splitlines() == expected, err
    assert (run / "three" / "text").read_text() == "three(one(),two(one()))"
    assert not list(run.glob("*.partial-*"))
    started = (tmp_path / "starts").read_text().split()
    assert sorted(started) == sorted((*STEPS, step)), "an earlier step was run again"
    # What the killed step kept in its scratch folder was found again, and is gone now.
    manifest = RunDirectory(run).manifest(step)
    assert manifest is not None
    assert manifest.summary == {"tries": 2}
    assert not list((run / ".scratch").iterdir())


def test_a_second_run_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = start_and_hang(run, "two")
    words = rf"in use by process {process.pid} \(three_steps.py\)"
    with pytest.raises(RunBusy, match=words), RunDirectory.open(run):
        raise AssertionError("two processes in one run directory")
    assert list(run.glob("two.partial-*/first")), "the second run cleared the first one's work away"
    process.kill()
    process.communicate()
    with RunDirectory.open(run):
        pass  # the lock died with its holder


def test_an_interrupt_leaves_nothing_half_written(tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = start_and_hang(run, "two")
    os.kill(process.pid, signal.SIGINT)
    process.communicate()
    assert sorted(path.name for path in run.iterdir() if not path.name.startswith(".")) == ["one", "run.json"]
