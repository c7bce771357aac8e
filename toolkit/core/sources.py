"""Digests of Offramp's own source files: a result made by other code is a different result."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from toolkit.core.artifact import files_below
from toolkit.core.paths import is_file

ROOT = Path(__file__).parents[2]
"""Folder that holds the packages."""
PACKAGES = ("toolkit", "hw_models")
_PLUGINS = "toolkit.core.plugins"
# Compiled files change by themselves; shipped checkpoints are data with digests of their own.
_IGNORED = {"__pycache__", "checkpoints"}


@lru_cache
def whole_digest(root: Path = ROOT) -> str:
    """Return the digest of every file of all packages, byte for byte: code, RTL, templates, tables."""
    found: dict[str, bytes] = {}
    for package in PACKAGES:
        found |= {f"{package}/{name}": path.read_bytes() for name, path in _files(root / package)}
    return _digest(found)


@lru_cache
def code_digest(module: str, root: Path = ROOT) -> str:
    """Return the digest of a module and of all our modules that it imports, directly or not.

    Other files in the folder of a reached package (RTL, templates, tables, C++) belong to it. Comments and
    docstrings do not count, so that a result that takes minutes is not made again for a changed word.

    Args:
        module: such as ``toolkit.sim``.
        root: folder of the packages.
    """
    code = reached(module, root)
    found = {name: _without_comments(path) for name, path in code.items()}
    for path in code.values():
        if path.name == "__init__.py":
            beside = (file for _, file in _files(path.parent) if _beside(file, path))
            found |= {str(file.relative_to(root)): file.read_bytes() for file in beside}
    return _digest(found)


def reached(module: str, root: Path = ROOT) -> dict[str, Path]:
    """Return the file of ``module`` and of all our modules that it imports, directly or not, by name.

    Raises:
        ModuleNotFoundError: no such module.
    """
    if _file(module, root) is None:
        raise ModuleNotFoundError(module)
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _file(name, root)
        if path is not None and name not in found:
            found[name] = path
            imported = [*_imports(ast.parse(path.read_bytes()))]
            waiting += [name.rpartition(".")[0], *imported]
            if path.name == "__init__.py" and _PLUGINS in imported:
                # The package finds its members by their folders (chip families, links), so all of them count.
                waiting += [_module(file, root) for file in path.parent.rglob("*.py")]
    return found


def _file(module: str, root: Path) -> Path | None:
    """Return the file of a module of ours; None for others, and for names of functions and classes."""
    if module.split(".")[0] not in PACKAGES:
        return None
    base = root.joinpath(*module.split("."))
    known = (base / "__init__.py", base.with_name(f"{base.name}.py"))
    return next((path for path in known if is_file(path)), None)


def _module(file: Path, root: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _imports(node: ast.AST) -> Iterator[str]:
    """Yield the names that code imports, except those for type checkers."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield node.module or ""
    for child in ast.iter_child_nodes(node):
        yield from _imports(child)


def _without_comments(path: Path) -> bytes:
    """Return Python code as text of its syntax tree, without comments and docstrings."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [part for part in node.body if not _is_text(part)]
    return ast.dump(tree).encode()


def _is_text(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    return ((name, path) for name, path in files_below(folder) if not _IGNORED & set(name.split("/")))


def _beside(file: Path, package: Path) -> bool:
    """Whether a file other than Python lies below this package, and not in a subpackage."""
    nearest = next(folder for folder in file.parents if is_file(folder / "__init__.py"))
    return file.suffix != ".py" and nearest == package.parent


def _digest(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
