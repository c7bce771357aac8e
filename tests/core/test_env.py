"""Settings from the environment: types, defaults, refusals."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import toolkit
from toolkit.core.env import command, settings
from toolkit.core.errors import BadOption


def test_defaults() -> None:
    found = settings({})
    assert found.cache_dir.name == "offramp"
    assert found.data_dir == found.cache_dir / "data"
    assert found.jobs >= 1


def test_what_is_set_counts() -> None:
    environ = {
        "OFFRAMP_DATA_DIR": "~/data",
        "OFFRAMP_CACHE_DIR": "cache",
        "OFFRAMP_JOBS": "3",
    }
    found = settings(environ)
    assert found.data_dir == Path.home() / "data"
    assert found.cache_dir == Path.cwd() / "cache"
    assert found.jobs == 3


def test_commands_of_programs() -> None:
    environ = {"OFFRAMP_CXX": "ccache g++", "OFFRAMP_PERL": ""}
    assert command("OFFRAMP_CXX", environ) == "ccache g++"
    assert command("OFFRAMP_MAKE", environ) is None
    assert command("OFFRAMP_PERL", environ) is None, "an empty variable is one that is not set"


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "²"])
def test_bad_jobs_are_refused(value: str) -> None:
    with pytest.raises(
        BadOption, match=f"OFFRAMP_JOBS; expected a whole number of at least 1; found '{value}'"
    ):
        settings({"OFFRAMP_JOBS": value})


def test_nothing_else_reads_the_environment() -> None:
    root = Path(toolkit.__file__).parent
    reads = re.compile(r"\bos\.(environ|getenv)\b")
    files = [path for path in root.rglob("*.py") if reads.search(path.read_text(encoding="utf-8"))]
    # FINN+ takes its build folder from the environment, so it is put there for it.
    allowed = {root / "core" / "env.py", root / "compile" / "finnplus.py"}
    assert root / "core" / "env.py" in files
    assert set(files) <= allowed


def test_the_home_of_nobody_is_refused() -> None:
    with pytest.raises(
        BadOption, match="OFFRAMP_CACHE_DIR; expected a folder; found ~nobody-has-this-name/x"
    ):
        settings({"OFFRAMP_CACHE_DIR": "~nobody-has-this-name/x"})


@pytest.mark.parametrize("name", ["OFFRAMP_CACHE_DIR", "OFFRAMP_DATA_DIR"])
@pytest.mark.parametrize("value", ["/a\nb", "/caf\udce9", "/\x1b"])
def test_folders_that_programs_could_not_be_told_of_are_refused(name: str, value: str) -> None:
    with pytest.raises(BadOption, match=f"{name}; expected a folder with a name that can be printed"):
        settings({name: value})
