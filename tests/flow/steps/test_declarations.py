"""Steps are declarations: they import no other step, and what they call stands in the domains."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, modules
from toolkit.flow.steps import ORDER

STEPS = "toolkit/flow/steps"
FILES = sorted(file for file in modules() if Path(file).parent.as_posix() == STEPS)
LINES, LINES_OF_A_FUNCTION = 120, 50


def imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def test_there_is_one_file_per_step() -> None:
    assert {Path(file).stem for file in FILES} - {"__init__"} == {step.name for step in ORDER}


def test_only_the_order_imports_steps() -> None:
    importers = {
        file
        for file, tree in modules().items()
        if any(name.startswith("toolkit.flow.steps") for name in imported(tree))
    }
    # The command line and a run in Python ask for the order as a whole.
    assert importers == {f"{STEPS}/__init__.py", "toolkit/cli/app.py", "toolkit/flow/run.py"}


@pytest.mark.parametrize("file", FILES)
def test_a_step_is_short(file: str) -> None:
    assert len((ROOT / file).read_text().splitlines()) <= LINES
    for node in ast.walk(modules()[file]):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < LINES_OF_A_FUNCTION, f"{file}: {node.name}"
