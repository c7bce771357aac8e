"""Steps that succeed, fail, are killed, take too long, or cannot write."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from toolkit.core.errors import OutputPathError, ToolFailed
from toolkit.core.process import execute
from toolkit.core.toolrun import Phases, ToolRun
from toolkit.core.tools import Tool

NAMES = {"1. Executing SLANG frontend.": "reading", "Info: Packing IOs..": "packing"}
PHASES = Phases(tuple(NAMES.values()), lambda line: NAMES.get(line.strip()))


def step(code: str, *results: str, **texts: str) -> ToolRun:
    tool = Tool("yosys", (sys.executable, "-c", code), "0.70")
    return ToolRun("synthesis", tool, (), results, texts=texts, phases=PHASES)


def test_output_goes_to_the_log_and_phases_to_the_caller(tmp_path: Path) -> None:
    code = (
        "import os, sys; print('1. Executing SLANG frontend.');"
        "print('Info: Packing IOs..', file=sys.stderr); print('Info: Packing LUTs...');"
        "open('done', 'w').write(os.environ['YOWASP_MOUNT'] + open('in').read())"
    )
    seen: list[tuple[str, str]] = []
    execute(
        step(code, "done", **{"in": "text"}), tmp_path, tmp_path / "a.log", progress=lambda *a: seen.append(a)
    )
    assert (tmp_path / "done").read_text() == f"/={tmp_path}text"
    assert set((tmp_path / "a.log").read_text().splitlines()) == {
        "1. Executing SLANG frontend.",
        "Info: Packing IOs..",
        "Info: Packing LUTs...",
    }
    assert seen[0] == ("synthesis", "starting")
    assert sorted(set(seen[1:])) == [("synthesis", "packing"), ("synthesis", "reading")]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (
            "print('ERROR: no such'); print('0 warnings, 1 error'); exit(3)",
            r"exit code 3: ERROR: no such",
        ),
        ("print('one'); print('two'); exit(1)", r"exit code 1: one \| two\. The whole log is .*a\.log"),
        ("print('fine')", "no done: fine"),
        ("exit(1)", "exit code 1: it said nothing"),
        ("import os; print('at work', flush=True); os.kill(os.getpid(), 9)", "killed by SIGKILL: at work"),
    ],
)
def test_a_failure_keeps_the_log_and_shows_its_end(tmp_path: Path, code: str, says: str) -> None:
    with pytest.raises(ToolFailed, match=rf"synthesis by yosys 0\.70; expected its results; found {says}"):
        execute(step(code, "done"), tmp_path, tmp_path / "a.log")
    assert (tmp_path / "a.log").is_file()


def test_what_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "open('done', 'w').write(str(child.pid)); print('waiting', flush=True); child.wait()"
    )
    with pytest.raises(ToolFailed, match="expected an end in time; found none after 2 s: waiting"):
        execute(step(code, "done"), tmp_path, tmp_path / "a.log", timeout_s=2)
    child = int((tmp_path / "done").read_text())
    for _ in range(50):
        if not running(child):
            break
        time.sleep(0.1)
    assert not running(child)


def running(process: int) -> bool:
    """Whether a process still runs; one that has ended but was not yet collected does not."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_an_interrupted_caller_leaves_no_tool(tmp_path: Path) -> None:
    code = (
        "import os, time; open('done', 'w').write(str(os.getpid()));"
        "print('Info: Packing IOs..', flush=True); time.sleep(60)"
    )

    def interrupt(name: str, now: str) -> None:
        if now == "packing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(
            step(code, "done"),
            tmp_path,
            tmp_path / "a.log",
            progress=interrupt,
        )
    assert not running(int((tmp_path / "done").read_text()))


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputPathError, match=r"none/a\.log"):
        execute(step("pass"), tmp_path, tmp_path / "none" / "a.log")
