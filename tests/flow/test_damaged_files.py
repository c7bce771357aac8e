"""Damaged files of every format: read, or refused in one line; no hang, bounded memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.flow.formats import FORMATS, read_damaged

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", FORMATS)
def test_whole_files_are_read(name: str, tmp_path: Path) -> None:
    for number, content in enumerate(FORMATS[name].wholes(tmp_path)):
        path = tmp_path / f"whole-{number}" / FORMATS[name].file
        path.parent.mkdir()
        path.write_bytes(content)
        FORMATS[name].read(path)


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_refused(name: str, tmp_path: Path) -> None:
    assert read_damaged(name, 100, 0, tmp_path) > FORMATS[name].least


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_many_damaged_files_in_bounded_memory(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.flow.formats", name, "2000", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout.split()[0]) > 20 * FORMATS[name].least
