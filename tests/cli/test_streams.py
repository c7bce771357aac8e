"""Standard output and error: missing, full, in another encoding, their reader gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import toolkit
from tests.cli import fake_steps

ROOT = Path(toolkit.__file__).parents[1]
FULL = "/dev/full"

pytestmark = pytest.mark.skipif(not Path(FULL).exists(), reason="this system has no full device")


def shell(redirection: str, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run ``offramp`` with the quick steps and a redirection; return exit code and standard error."""
    words = [sys.executable, fake_steps.__file__, "", *arguments]
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
    )
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full", ">&- 2>/dev/full"])
def test_a_flow_works_without_somewhere_to_write(tmp_path: Path, redirection: str) -> None:
    code, err = shell(redirection, "build", "--out", str(tmp_path / "run"))
    assert (code, "Traceback" in err) == (0, False)
    assert (tmp_path / "run" / "report" / "report.html").read_text() == "a report"


@pytest.mark.parametrize("command", [["build"], ["build", "--json"], ["--help"], ["--version"], ["models"]])
def test_an_answer_that_cannot_be_written_is_one_line(tmp_path: Path, command: list[str]) -> None:
    more = ["--out", str(tmp_path / "run"), "-q"] if command[0] == "build" else []
    for encoding in ("utf-8", "ascii"):
        code, err = shell(f">{FULL}", *command, *more, PYTHONIOENCODING=encoding)
        assert code == 2
        assert err.splitlines()[-1] == (
            "offramp: standard output cannot be written; found No space left on device"
        )
        assert "Traceback" not in err
        assert "Exception" not in err


def test_a_reader_that_has_gone_is_one_line() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "-m", "toolkit", "models"]
    done = subprocess.run(command, stdout=writes, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    os.close(writes)
    assert (done.returncode, done.stderr) == (
        2,
        "offramp: standard output cannot be written; found Broken pipe\n",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_characters_that_an_output_lacks_are_escaped(tmp_path: Path, encoding: str) -> None:
    run = tmp_path / os.fsdecode(b"caf\xe9 \xce\xbb")
    command = [sys.executable, fake_steps.__file__, "", "build", "-q", "--out", str(run)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, env=environ)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert b"caf\\udce9 " in done.stdout
    assert ("\u03bb" if encoding == "utf-8" else "\\u03bb") in done.stdout.decode("utf-8")
