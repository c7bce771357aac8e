"""Settings from the environment: types, defaults, refusals."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import toolkit
from toolkit.core.env import settings
from toolkit.core.errors import BadOption


def test_defaults() -> None:
    found = settings({})
    assert found.cache_dir.name == "offramp"
    assert found.data_dir == found.cache_dir / "data"
    assert found.jobs >= 1
    assert (found.verilator, found.cxx, found.make, found.perl) == (None, None, None, None)
    assert (found.yosys, found.nextpnr_ecp5, found.ecppack, found.ecpunpack) == (None, None, None, None)


def test_what_is_set_counts() -> None:
    environ = {
        "OFFRAMP_DATA_DIR": "~/data",
        "OFFRAMP_CACHE_DIR": "cache",
        "OFFRAMP_JOBS": "3",
        "OFFRAMP_VERILATOR": "verilator-5",
        "OFFRAMP_CXX": "ccache g++",
        "OFFRAMP_MAKE": "gmake",
        "OFFRAMP_PERL": "",
        "OFFRAMP_YOSYS": "yosys -m slang",
        "OFFRAMP_NEXTPNR_ECP5": "next",
        "OFFRAMP_ECPPACK": "pack",
        "OFFRAMP_ECPUNPACK": "unpack",
    }
    found = settings(environ)
    assert found.data_dir == Path.home() / "data"
    assert found.cache_dir == Path.cwd() / "cache"
    assert found.jobs == 3
    assert (found.verilator, found.cxx, found.make) == ("verilator-5", "ccache g++", "gmake")
    assert found.yosys == "yosys -m slang"
    assert (found.nextpnr_ecp5, found.ecppack, found.ecpunpack) == ("next", "pack", "unpack")
    assert found.perl is None, "an empty variable is one that is not set"


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
