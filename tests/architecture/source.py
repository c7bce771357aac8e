"""The project's own source, read once for the tests of its structure."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import toolkit

ROOT = Path(toolkit.__file__).parents[1]
PACKAGES = ("toolkit", "hw_models")
ABOARD = ROOT / "toolkit/package/offramp_board"
"""A program of its own, which runs on boards where there is nothing of ours."""


@cache
def modules() -> dict[str, ast.Module]:
    """Path relative to the project -> syntax tree, of every module that is shipped but :data:`ABOARD`."""
    found = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    files = [file for file in found if ABOARD not in file.parents]
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def imports(tree: ast.Module) -> Iterator[str]:
    """Dotted names of the modules of ours that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # "from toolkit import rtl" imports a package, not a name of toolkit.
            whole = node.module in PACKAGES
            names = [f"{node.module}.{alias.name}" for alias in node.names] if whole else [node.module]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in PACKAGES)


def texts(tree: ast.Module) -> Iterator[str]:
    """String constants of a module, docstrings aside."""
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for parent in ast.walk(tree):
        body = getattr(parent, "body", None)
        for before, after in itertools.pairwise(body) if isinstance(body, list) else ():
            if isinstance(before, (ast.Assign, ast.AnnAssign)) and isinstance(after, ast.Expr):
                documents.add(id(after.value))  # the text under a constant or an attribute
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node.value
