"""The cache of builds: one build per entry, and an entry is always whole."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from toolkit.core.errors import OutputPathError
from toolkit.core.store import entry


def make(folder: Path) -> None:
    (folder / "built").write_text("whole")


def slow_make(folder: Path) -> None:
    time.sleep(0.3)
    (folder / f"by{os.getpid()}").write_text("")


def build_one(cache: Path) -> None:
    entry(cache, "key", slow_make)


def test_made_once(tmp_path: Path) -> None:
    first = entry(tmp_path / "new" / "cache", "key", make)
    assert (first / "built").read_text() == "whole"
    assert entry(tmp_path / "new" / "cache", "key", pytest.fail) == first


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def broken(folder: Path) -> None:
        make(folder)
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        entry(tmp_path, "key", broken)
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []
    assert (entry(tmp_path, "key", make) / "built").is_file()


def test_concurrent_builders_share_one_build(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    builders = [context.Process(target=build_one, args=(tmp_path,)) for _ in range(3)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join(60)
        assert builder.exitcode == 0
    assert len(list((tmp_path / "key").iterdir())) == 1


def test_a_killed_builder_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from toolkit.core.store import entry\n"
        "def make(folder):\n"
        "    (folder / 'half').touch(); print('now', flush=True); time.sleep(60)\n"
        "entry(Path(sys.argv[1]), 'key', make)"
    )
    builder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert builder.stdout is not None
    assert builder.stdout.readline() == b"now\n"
    builder.send_signal(signal.SIGKILL)
    builder.communicate()
    assert not (tmp_path / "key").exists()
    assert len(list(tmp_path.glob("key.part-*"))) == 1
    assert [path.name for path in entry(tmp_path, "key", make).iterdir()] == ["built"]
    assert list(tmp_path.glob("key.part-*")) == []


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputPathError, match=r"cache folder .*file"):
        entry(tmp_path / "file", "key", make)
