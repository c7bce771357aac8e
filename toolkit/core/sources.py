"""Digests of our own source files: a result of other code is another result."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from toolkit.core.artifact import files_below

ROOT = Path(__file__).parents[2]
"""The folder of our packages."""
PACKAGES = ("toolkit", "hw_models")
_LEFT_OUT = {"__pycache__", "checkpoints"}
"""Compiled files change by themselves; shipped checkpoints are data with digests of their own."""


@lru_cache
def whole_digest(root: Path = ROOT) -> str:
    """Digest of every file of all packages, byte for byte: code, RTL, templates, tables."""
    found: dict[str, bytes] = {}
    for package in PACKAGES:
        found |= {f"{package}/{name}": path.read_bytes() for name, path in _files(root / package)}
    return _digest(found)


@lru_cache
def code_digest(module: str, root: Path = ROOT) -> str:
    """Digest of the code that a module can reach: itself and what it imports, wherever the import stands.

    Files that lie beside the code of a package (RTL, templates, tables, C++) belong to it. Comments and
    docstrings do not count, so that a result that takes minutes is not made again for a word.

    Args:
        module: such as ``toolkit.sim``.
        root: folder of the packages.
    """
    code = reached(module, root)
    found = {name: _without_remarks(path) for name, path in code.items()}
    for path in code.values():
        if path.name == "__init__.py":
            beside = (file for _, file in _files(path.parent) if _beside(file, path))
            found |= {str(file.relative_to(root)): file.read_bytes() for file in beside}
    return _digest(found)


def reached(module: str, root: Path = ROOT) -> dict[str, Path]:
    """File of each of our modules that ``module`` can reach, itself included, by name.

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
            text = path.read_bytes()
            waiting += [name.rpartition(".")[0], *_imports(ast.parse(text))]
            if path.name == "__init__.py" and b"import_module(" in text:
                # It finds its modules by name (chip families, links, what imports torch): any of them, then.
                waiting += [_module(file, root) for file in path.parent.rglob("*.py")]
    return found


def _file(module: str, root: Path) -> Path | None:
    """Where a module is, if it is one of ours; names of functions and classes are tried as well."""
    if module.split(".")[0] not in PACKAGES:
        return None
    base = root.joinpath(*module.split("."))
    known = (base / "__init__.py", base.with_name(f"{base.name}.py"))
    return next((path for path in known if path.is_file()), None)


def _module(file: Path, root: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _imports(node: ast.AST) -> Iterator[str]:
    """Names that code imports, those for type checks left out."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield node.module or ""
    for child in ast.iter_child_nodes(node):
        yield from _imports(child)


def _without_remarks(path: Path) -> bytes:
    """Python code as it is understood, without comments and docstrings."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [part for part in node.body if not _is_text(part)]
    return ast.dump(tree).encode()


def _is_text(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    return ((name, path) for name, path in files_below(folder) if not _LEFT_OUT & set(name.split("/")))


def _beside(file: Path, package: Path) -> bool:
    """Whether a file that is no code lies below this package and in no package further down."""
    nearest = next(folder for folder in file.parents if (folder / "__init__.py").is_file())
    return file.suffix != ".py" and nearest == package.parent


def _digest(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
