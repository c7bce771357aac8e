"""Tools that succeed, fail, are killed, take too long, or cannot write."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from toolkit.core.errors import OutputPathError, ToolFailed
from toolkit.core.process import Command, Running, execute, side_by_side
from toolkit.core.tools import Tool

PHASES = (r"reading\b", "Info: Packing ")


def command(code: str, *results: str, **texts: str) -> Command:
    tool = Tool("yosys", (sys.executable, "-c", code), "0.70")
    return Command("synthesis", tool, (), results, texts, PHASES)


def test_output_goes_to_the_log_and_phases_to_the_caller(tmp_path: Path) -> None:
    code = (
        "import os, sys; print('reading a.sv');"
        "print('Info: Packing IOs..', file=sys.stderr); print('Info: Packing LUTs...');"
        "open('done', 'w').write(os.environ['YOWASP_MOUNT'] + os.environ['TMPDIR'] + open('in').read())"
    )
    seen: list[tuple[str, int, int]] = []
    wanted = command(code, "done", **{"in": "text"})
    execute(wanted, tmp_path, tmp_path / "a.log", progress=lambda *a: seen.append(a))
    assert (tmp_path / "done").read_text() == f"/={tmp_path}{tmp_path}text"
    assert set((tmp_path / "a.log").read_text().splitlines()) == {
        "reading a.sv",
        "Info: Packing IOs..",
        "Info: Packing LUTs...",
    }
    assert seen[0] == ("synthesis", 0, 2)
    assert sorted(set(seen[1:])) == [("synthesis", 1, 2), ("synthesis", 2, 2)]


def test_a_tool_of_unknown_phases_has_one(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    plain = Command("packing", Tool("true", ("true",), "1"), ())
    execute(plain, tmp_path, progress=lambda *a: seen.append(a))
    assert seen == [("packing", 0, 1)]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "print('ERROR: no such'); print('0 warnings, 1 error'); exit(3)",
            r"exit code 3: ERROR: no such",
        ),
        (
            "print('%Error-USERFATAL: a.sv:1'); print('two'); exit(1)",
            r"exit code 1: %Error-USERFATAL: a.sv:1",
        ),
        ("print('one'); print('two'); exit(1)", r"exit code 1: one \| two\. The whole log is .*a\.log"),
        ("print('fine')", "no done: fine"),
        ("exit(1)", "exit code 1: it said nothing"),
        ("import os; print('at work', flush=True); os.kill(os.getpid(), 9)", "killed by SIGKILL: at work"),
    ],
)
def test_a_failure_keeps_the_log_and_shows_its_errors(tmp_path: Path, code: str, message: str) -> None:
    with pytest.raises(ToolFailed, match=rf"synthesis by yosys 0\.70; expected its results; found {message}"):
        execute(command(code, "done"), tmp_path, tmp_path / "a.log")
    assert (tmp_path / "a.log").is_file()


@pytest.mark.parametrize("log", ["a.log", None])
def test_output_may_be_other_bytes_than_text(tmp_path: Path, log: str | None) -> None:
    code = r"import os; os.write(1, b'ERROR: \xff\n'); exit(3)"
    with pytest.raises(ToolFailed, match="found exit code 3: ERROR: \ufffd"):
        execute(command(code), tmp_path, tmp_path / log if log else None)


def test_without_a_log_the_errors_are_shown_all_the_same(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match=r"found exit code 3: ERROR: no such$"):
        execute(command("print('ERROR: no such'); exit(3)"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "open('done', 'w').write(str(child.pid)); print('waiting', flush=True); child.wait()"
    )
    with pytest.raises(ToolFailed, match="expected an end in time; found none after 2 s: waiting"):
        execute(command(code, "done"), tmp_path, tmp_path / "a.log", timeout_s=2)
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

    def interrupt(label: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(command(code, "done"), tmp_path, tmp_path / "a.log", progress=interrupt)
    assert not running(int((tmp_path / "done").read_text()))


def test_one_that_fails_ends_those_beside_it(tmp_path: Path) -> None:
    tools = Running()

    def work(name: str) -> None:
        code = "exit(1)" if name == "bad" else f"import time; open({name!r}, 'w'); time.sleep(60)"
        while name == "bad" and not (tmp_path / "slow").is_file():
            time.sleep(0.01)
        execute(command(code), tmp_path, running=tools)

    start = time.monotonic()
    with pytest.raises(ToolFailed, match="exit code 1"):
        side_by_side(work, ("bad", "slow", "never"), 2, tools)
    assert time.monotonic() - start < 20
    assert not (tmp_path / "never").exists()


def test_results_come_in_the_order_of_the_items() -> None:
    assert side_by_side(lambda n: (time.sleep(0.01 * (3 - n)), n)[1], range(3), 3, Running()) == [0, 1, 2]


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputPathError, match=r"none/a\.log"):
        execute(command("pass"), tmp_path, tmp_path / "none" / "a.log")
